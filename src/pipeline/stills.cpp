#include "pipeline/stills.h"

#include <cmath>

#include "core/quote.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr double kSameAspect = 0.02;  // what rounding a size to the model's multiples may change

std::string size_text(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

}  // namespace

Stills read_stills(const GenerationRequest& request, const StillNote& note) {
  Stills stills;
  if (!request.image.empty()) stills.first = read_still(request.image, note);
  if (!request.last_image.empty()) stills.last = read_still(request.last_image, note);
  return stills;
}

void note_other_aspect(const Stills& stills, const GenerationRequest& resolved,
                       const StillNote& note) {
  const double clip = static_cast<double>(resolved.width) / resolved.height;
  const std::pair<const std::string&, const std::optional<Picture>&> named[] = {
      {resolved.image, stills.first}, {resolved.last_image, stills.last}};
  for (const auto& [path, still] : named) {
    if (!still) continue;
    const double aspect = static_cast<double>(still->width) / still->height;
    if (std::abs(aspect / clip - 1) <= kSameAspect) continue;
    const char* what = resolved.fit == "crop" ? "its edges are cut off"
                       : resolved.fit == "pad"
                           ? "black is put around it"
                           : "it is stretched (--fit crop or pad keeps its aspect)";
    note(path + " is " + size_text(still->width, still->height) + ", the clip " +
         size_text(resolved.width, resolved.height) + ": " + what);
  }
}

Fit parse_fit(const std::string& word) {
  if (word == "stretch") return Fit::kStretch;
  if (word == "crop") return Fit::kCrop;
  if (word == "pad") return Fit::kPad;
  throw Error(ErrorCode::kUsage,
              "fit " + in_quotes(word) + " is unknown (expected stretch, crop or pad)");
}

}  // namespace zoetrope
