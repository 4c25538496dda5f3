#pragma once

#include <string>

#include "zoetrope/error.h"

namespace zoetrope {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  throw Error(ErrorCode::kInternal, std::string("internal check failed: ") + condition + " at " +
                                        file + ":" + std::to_string(line));
}

}  // namespace zoetrope

/// An invariant of ours, on in release builds. Never for what a user or a file can get wrong.
#define ZOETROPE_CHECK(condition) \
  ((condition) ? void(0) : ::zoetrope::check_failed(#condition, __FILE__, __LINE__))
