#pragma once

#include "pipeline/family.h"

namespace zoetrope {

/// Wan 2.1 and 2.2 checkpoints for text and for stills, one network or two experts, under
/// diffusers' names or the authors'. What a checkpoint can do is derived from its tensors.
class WanFamily : public ModelFamily {
 public:
  std::string name() const override { return "wan"; }
  bool matches(const ModelIndex& index) const override;
  Pipeline load(const ModelIndex& index, at::ScalarType compute_type) const override;
  std::vector<DiffusersPart> diffusers_parts(const ModelIndex& index) const override;
};

}  // namespace zoetrope
