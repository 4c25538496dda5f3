// The kernels of the asynchronous instructions without a bug, for nvcc: compiled at test time for
// each architecture, of which all but sm_90a trap, and run on a GPU where there is one.

#include "kernels/emulator/pipeline_kernel.h"
#include "kernels/emulator/products_kernel.h"

namespace emulator::test {

template __global__ void product_kernel<ProductBug::kNone, 32, false>(const __nv_bfloat16*,
                                                                      const __nv_bfloat16*, float*);
template __global__ void product_kernel<ProductBug::kNone, 64, false>(const __nv_bfloat16*,
                                                                      const __nv_bfloat16*, float*);
template __global__ void product_kernel<ProductBug::kNone, 32, true>(const __nv_bfloat16*,
                                                                     const __nv_bfloat16*, float*);

bool multiply_without_bugs(const PipelinedProduct& product, bool specialised) {
  return launch_pipeline<PipelineBug::kNone>(product, specialised);
}

}  // namespace emulator::test
