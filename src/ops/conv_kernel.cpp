#include "ops/conv_kernel.h"

namespace zoetrope {

ConvKernel::ConvKernel(const Tensor& weight, Tensor bias, PerAxis stride, PerAxis padding)
    : weight_(weight.contiguous(at::MemoryFormat::ChannelsLast3d)),
      bias_(std::move(bias)),
      stride_(stride),
      padding_(padding) {}

Tensor ConvKernel::operator()(const Tensor& frames) const {
  // A view: frame-major memory with channels last is what the fast convolutions want.
  const Tensor video = frames.permute({3, 0, 1, 2}).unsqueeze(0);
  const Tensor result = at::conv3d(video, weight_, bias_, stride_, padding_);
  return result.squeeze(0).permute({1, 2, 3, 0}).contiguous();
}

}  // namespace zoetrope
