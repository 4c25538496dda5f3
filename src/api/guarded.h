#pragma once

#include <new>
#include <string>

#include <c10/util/Exception.h>

#include "zoetrope/error.h"

namespace zoetrope {

/// Runs an action of the public API and turns LibTorch's exceptions, which say "c10::Error" and a
/// stack, into ours. The only place that catches them.
template <typename Action>
auto guarded(const Action& action) -> decltype(action()) {
  try {
    return action();
  } catch (const c10::OutOfMemoryError& error) {
    throw Error(ErrorCode::kResource,
                std::string("allocate memory: ") + error.what_without_backtrace());
  } catch (const c10::Error& error) {
    const std::string what = error.what_without_backtrace();
    const bool memory = what.find("alloc") != std::string::npos;
    throw Error(memory ? ErrorCode::kResource : ErrorCode::kInternal, "LibTorch: " + what);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::kResource, "allocate memory: there is not enough");
  }
}

}  // namespace zoetrope
