#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "checkpoint/safetensors.h"

namespace zoetrope {

/// Whose names the tensors of a file have, seen from one kind of component.
enum class Naming {
  kOther,      ///< they are not this component's
  kDiffusers,  ///< those of diffusers and transformers, which this program uses
  kOriginal    ///< those of the component's authors, as ComfyUI uses them too
};

/// The names of a module and of all that is in it: `from` is replaced where the name is `from` or
/// begins with it and a dot.
struct NameRule {
  std::string_view from, to;
};

/// `name` by the first rule that fits, or as it is.
std::string apply_rules(std::span<const NameRule> rules, std::string_view name);

/// A name PREFIX.N.REST in its parts, or nothing.
struct NumberedName {
  std::int64_t number;
  std::string_view rest;
};
std::optional<NumberedName> numbered_name(std::string_view name, std::string_view prefix);

/// What `files` have before `anchor`, a tensor that the component always has: "" or one of
/// `prefixes`; nothing if they lack it under all of these.
std::optional<std::string> prefix_before(const TensorFiles& files, std::string_view anchor,
                                         std::span<const std::string_view> prefixes);

}  // namespace zoetrope
