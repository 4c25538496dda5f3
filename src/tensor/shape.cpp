#include "tensor/shape.h"

#include "zoetrope/error.h"

namespace zoetrope {

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += shape[i] == kAny ? "any" : std::to_string(shape[i]);
  }
  return text + "]";
}

void require_shape(const Tensor& tensor, std::initializer_list<std::int64_t> expected,
                   const char* name) {
  const at::IntArrayRef wanted(expected.begin(), expected.size());
  bool same = tensor.defined() && tensor.sizes().size() == wanted.size();
  for (std::size_t i = 0; same && i < wanted.size(); ++i) {
    same = wanted[i] == kAny || wanted[i] == tensor.size(static_cast<std::int64_t>(i));
  }
  if (!same) {
    throw Error(ErrorCode::kInternal,
                std::string(name) + " has shape " +
                    (tensor.defined() ? shape_text(tensor.sizes()) : "undefined") + " (expected " +
                    shape_text(wanted) + ")");
  }
}

}  // namespace zoetrope
