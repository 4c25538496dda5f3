#pragma once

namespace zoetrope {

/// The engine's version, "MAJOR.MINOR.PATCH"; it is part of every recipe.
inline constexpr const char* kVersion = "0.1.0";

}  // namespace zoetrope
