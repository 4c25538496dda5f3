#pragma once

#include "pipeline/family.h"

namespace zoetrope {

/// Wan 2.1 and 2.2 text-to-video checkpoints in diffusers layout, chosen by what is in them.
class WanFamily : public ModelFamily {
 public:
  std::string name() const override { return "wan"; }
  bool matches(const ModelIndex& index) const override;
  Pipeline load(const ModelIndex& index, at::ScalarType compute_type) const override;
};

}  // namespace zoetrope
