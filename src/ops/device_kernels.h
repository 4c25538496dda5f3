#pragma once

#include "kernels/attention/attention.h"
#include "kernels/gated_residual/gated_residual.h"
#include "kernels/layer_norm_modulate/layer_norm_modulate.h"
#include "kernels/qk_norm_rope/qk_norm_rope.h"
#include "kernels/rms_norm/rms_norm.h"
#include "tensor/tensor.h"

namespace zoetrope::ops {

/// The kernels of a device that is not the CPU: functions as kernels/NAME/NAME.h declares them.
struct DeviceKernels {
  template <typename Args>
  using OverRows = int (*)(const Args&, std::int64_t, std::int64_t, kernels::CudaStream);

  OverRows<kernels::GatedResidualArgs> gated_residual = nullptr;
  OverRows<kernels::LayerNormModulateArgs> layer_norm_modulate = nullptr;
  OverRows<kernels::QkNormRopeArgs> qk_norm_rope = nullptr;
  OverRows<kernels::RmsNormArgs> rms_norm = nullptr;
  OverRows<kernels::RmsNormArgs> rms_norm_silu = nullptr;
  int (*attention)(const kernels::AttentionArgs&, kernels::CudaStream) = nullptr;
  kernels::CudaStream stream = nullptr;
};

/// Those for the device of a tensor; null: the CPU's own. Throws Error(kUsage) if there are none.
/// no_cuda.cpp defines it, which knows none; a program that has some defines it itself.
const DeviceKernels* device_kernels(const Tensor& tensor);

/// Throws Error(kInternal) unless `status`, a cudaError_t, is 0.
void require_launched(int status);

}  // namespace zoetrope::ops
