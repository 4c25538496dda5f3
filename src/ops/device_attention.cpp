#include "ops/device_attention.h"

#include "core/check.h"
#include "ops/device_kernels.h"

namespace zoetrope::ops {

bool has_device_attention(const Tensor& q, const Tensor& bias) {
  return device_kernels(q) != nullptr && q.scalar_type() == at::kBFloat16 &&
         kernels::is_cuda_head(q.size(3)) && (!bias.defined() || bias.dim() == 1);
}

Tensor device_attention(const Tensor& q, const Tensor& k, const Tensor& v, double scale,
                        const Tensor& key_bias) {
  ZOETROPE_CHECK(q.stride(3) == 1 && k.stride(3) == 1 && v.stride(3) == 1);
  ZOETROPE_CHECK(k.scalar_type() == q.scalar_type() && v.scalar_type() == q.scalar_type());
  const Tensor y = at::empty(q.sizes(), q.options());
  const Tensor bias = key_bias.defined() ? key_bias.contiguous() : key_bias;

  kernels::AttentionArgs args;
  args.q = q.const_data_ptr();
  args.k = k.const_data_ptr();
  args.v = v.const_data_ptr();
  args.y = y.data_ptr();
  args.key_bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr;
  args.queries = q.size(1);
  args.keys = k.size(1);
  args.heads = q.size(2);
  args.head_dim = q.size(3);
  args.q_token_stride = q.stride(1);
  args.q_head_stride = q.stride(2);
  args.k_token_stride = k.stride(1);
  args.k_head_stride = k.stride(2);
  args.v_token_stride = v.stride(1);
  args.v_head_stride = v.stride(2);
  args.y_token_stride = y.stride(1);
  args.y_head_stride = y.stride(2);
  args.scale = static_cast<float>(scale);
  const DeviceKernels& device = *device_kernels(q);
  require_launched(device.attention(args, device.stream));
  return y.flatten(2);
}

}  // namespace zoetrope::ops
