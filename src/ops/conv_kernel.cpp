#include "ops/conv_kernel.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include "ops/tiles.h"

namespace zoetrope {
namespace {

constexpr ConvKernel::PerAxis kOne = {1, 1, 1};

using Pointwise = Tensor(const Tensor&, const Tensor&, const std::optional<Tensor>&,
                         at::IntArrayRef padding, at::IntArrayRef stride, at::IntArrayRef dilation,
                         std::int64_t groups, c10::string_view activation,
                         c10::List<std::optional<at::Scalar>> scalars,
                         std::optional<c10::string_view> algorithm);

// LibTorch's convolution with a kernel that is in oneDNN's layout already. The one for plain
// kernels brings them into it at every call.
Tensor convolve_packed(const Tensor& video, const Tensor& weight, const Tensor& bias,
                       at::IntArrayRef padding, at::IntArrayRef stride) {
  static const auto convolve = c10::Dispatcher::singleton()
                                   .findSchemaOrThrow("mkldnn::_convolution_pointwise", "")
                                   .typed<Pointwise>();
  return convolve.call(video, weight, bias, padding, stride, kOne, /*groups=*/1, "none",
                       c10::List<std::optional<at::Scalar>>(), std::nullopt);
}

bool can_pack(const Tensor& weight) {
  if (!at::hasMKLDNN() || !weight.is_cpu()) return false;
  return weight.scalar_type() == at::kFloat || ops::has_fast_tiles(weight.scalar_type());
}

}  // namespace

ConvKernel::ConvKernel(const Tensor& weight, Tensor bias, PerAxis stride, PerAxis padding)
    : weight_(can_pack(weight)
                  ? at::mkldnn_reorder_conv3d_weight(weight.to_mkldnn(), padding, stride, kOne)
                  : weight.contiguous(at::MemoryFormat::ChannelsLast3d)),
      bias_(std::move(bias)),
      stride_(stride),
      padding_(padding),
      frames_(weight.size(2)) {}

Tensor ConvKernel::operator()(const Tensor& frames) const {
  // A view: frame-major memory with channels last is what the fast convolutions want.
  const Tensor video = frames.permute({3, 0, 1, 2}).unsqueeze(0);
  const Tensor result = weight_.is_mkldnn()
                            ? convolve_packed(video, weight_, bias_, padding_, stride_)
                            : at::conv3d(video, weight_, bias_, stride_, padding_);
  return result.squeeze(0).permute({1, 2, 3, 0}).contiguous();
}

}  // namespace zoetrope
