#pragma once

struct CUstream_st;

namespace zoetrope::kernels {

/// CUDA's cudaStream_t, without its header.
using CudaStream = ::CUstream_st*;

}  // namespace zoetrope::kernels
