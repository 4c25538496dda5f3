#pragma once

#include <csetjmp>

namespace zoetrope::media {

/// Where libpng and libjpeg come back to: they end a failed call by jumping out of it, since their
/// frames cannot be passed by an exception.
struct Landing {
  std::jmp_buf place;
  char words[256] = "";  ///< what the library said, for the caller
};

/// Runs `step` on `state`; false if it ended by a jump to `landing`. A jump runs no destructors, so
/// a step calls the library and owns nothing.
template <typename State>
bool lands(Landing& landing, void (*step)(State&), State& state) {
  if (setjmp(landing.place) != 0) return false;
  step(state);
  return true;
}

}  // namespace zoetrope::media
