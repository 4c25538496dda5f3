#include "pipeline/pipeline.h"

#include "tensor/shape.h"

namespace zoetrope {

Tensor Condition::constrain(const Tensor& x) const {
  if (!held.defined()) return x;
  require_shape(held, {1, x.size(1), kAny, x.size(3), x.size(4)}, "the frames that are held");
  return at::cat({held, x.slice(/*dim=*/2, held.size(2))}, /*dim=*/2);
}

}  // namespace zoetrope
