#pragma once

#include <optional>

#include "media/resize.h"
#include "media/still.h"
#include "zoetrope/request.h"

namespace zoetrope {

/// The stills of a request, as large as their files have them.
struct Stills {
  std::optional<Picture> first;
  std::optional<Picture> last;
};

/// Reads those that the request names. Throws Error(kCorrupt) for a file at fault.
Stills read_stills(const GenerationRequest& request, const StillNote& note);

/// Says what fitting will do to a still of another aspect than the clip's, if it does.
void note_other_aspect(const Stills& stills, const GenerationRequest& resolved,
                       const StillNote& note);

/// The words of `fit` in a request. Throws Error(kUsage) for another word.
Fit parse_fit(const std::string& word);

}  // namespace zoetrope
