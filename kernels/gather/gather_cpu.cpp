#include "kernels/gather/gather.h"

namespace zoetrope::kernels {
namespace {

std::int64_t place_of(const GatherArgs& args, std::int64_t element) {
  std::int64_t place = 0;
  for (int a = args.axis_count - 1; a >= 0; --a) {
    const GatherArgs::Axis& axis = args.axes[a];
    place += element % axis.size / axis.repeat * axis.x_stride;
    element /= axis.size;
  }
  return place;
}

template <typename From, typename To>
void gather(const GatherArgs& args, std::int64_t begin, std::int64_t end) {
  const From* x = static_cast<const From*>(args.x);
  To* y = static_cast<To*>(args.y);
  for (std::int64_t i = begin; i < end; ++i) store(to_float(x[place_of(args, i)]), y[i]);
}

template <typename From>
void gather_from(const GatherArgs& args, std::int64_t begin, std::int64_t end) {
  args.y_type == ElementType::kF32 ? gather<From, float>(args, begin, end)
                                   : gather<From, Bf16>(args, begin, end);
}

}  // namespace

void gather_cpu(const GatherArgs& args, std::int64_t begin, std::int64_t end) {
  args.x_type == ElementType::kF32 ? gather_from<float>(args, begin, end)
                                   : gather_from<Bf16>(args, begin, end);
}

}  // namespace zoetrope::kernels
