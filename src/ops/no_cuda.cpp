// Alone in its file, so that a test's definition takes its place.

#include "ops/device_kernels.h"
#include "zoetrope/error.h"

namespace zoetrope::ops {

const DeviceKernels* device_kernels(const Tensor& tensor) {
  if (tensor.is_cpu()) return nullptr;
  throw Error(ErrorCode::kUsage, "run a kernel: the tensor is on device " + tensor.device().str() +
                                     " (this build computes on cpu alone; other devices need one "
                                     "with ZOETROPE_CUDA=ON)");
}

}  // namespace zoetrope::ops
