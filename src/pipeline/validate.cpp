#include "pipeline/validate.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "core/quote.h"
#include "core/utf8.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr int kMaxSide = 8192;
constexpr int kMaxFrames = 100'001;
constexpr int kMaxSteps = 1000;
constexpr std::size_t kMaxPromptBytes = 1 << 20;

// Collects sentences, so that all that is wrong is said at once.
class Faults {
 public:
  void add(const std::string& fault) { text_ += (text_.empty() ? "" : "; ") + fault; }
  void throw_if_any() const {
    if (!text_.empty()) throw Error(ErrorCode::kUsage, "check the request: " + text_);
  }

 private:
  std::string text_;
};

std::int64_t nearest_multiple(std::int64_t value, std::int64_t multiple) {
  return std::max(multiple, (value + multiple / 2) / multiple * multiple);
}

void check_side(const char* name, int value, int multiple, Faults* faults) {
  const std::string found = std::string(name) + " " + std::to_string(value);
  if (value < 1 || value > kMaxSide) {
    faults->add(found + " is out of range (expected 1 to " + std::to_string(kMaxSide) + ")");
  } else if (value % multiple != 0) {
    faults->add(found + " is not a multiple of " + std::to_string(multiple) +
                ", which this model needs (the nearest is " +
                std::to_string(nearest_multiple(value, multiple)) + ")");
  }
}

void check_frames(int value, int multiple, Faults* faults) {
  const std::string found = "num_frames " + std::to_string(value);
  if (value < 1 || value > kMaxFrames) {
    faults->add(found + " is out of range (expected 1 to " + std::to_string(kMaxFrames) + ")");
  } else if ((value - 1) % multiple != 0) {
    const int below = (value - 1) / multiple * multiple + 1;
    const int nearest = value - below <= multiple / 2 ? below : below + multiple;
    faults->add(found + " is not " + std::to_string(multiple) +
                "n + 1, which this model needs (the nearest is " + std::to_string(nearest) + ")");
  }
}

// What can only be said of whole latents: they divide into patches, and not too many.
void check_tokens(const std::vector<std::int64_t>& latents, const CheckpointInfo& info,
                  Faults* faults) {
  if (latents[2] % info.patch_frames != 0) {
    faults->add("num_frames gives " + std::to_string(latents[2]) +
                " latent frames, which this model needs in groups of " +
                std::to_string(info.patch_frames));
  }
  const std::pair<const char*, std::int64_t> axes[] = {
      {"num_frames", latents[2] / info.patch_frames},
      {"height", latents[3] / info.patch_height},
      {"width", latents[4] / info.patch_width}};
  for (const auto& [name, tokens] : axes) {
    if (tokens > info.max_tokens_per_axis) {
      faults->add(std::string(name) + " gives " + std::to_string(tokens) +
                  " positions (this model knows " + std::to_string(info.max_tokens_per_axis) + ")");
    }
  }
}

void check_text(const char* name, const std::string& text, Faults* faults) {
  if (text.size() > kMaxPromptBytes) {
    faults->add(std::string(name) + " has " + std::to_string(text.size()) + " bytes (at most " +
                std::to_string(kMaxPromptBytes) + ")");
  } else if (const auto bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    faults->add(std::string(name) + " is not UTF-8 at byte " + std::to_string(bad));
  } else if (text.find('\0') != std::string::npos) {
    faults->add(std::string(name) + " contains a NUL character");
  }
}

void check_numbers(const GenerationRequest& r, Faults* faults) {
  if (r.steps < 1 || r.steps > kMaxSteps) {
    faults->add("steps " + std::to_string(r.steps) + " is out of range (expected 1 to " +
                std::to_string(kMaxSteps) + ")");
  }
  if (!(r.guidance_scale >= 0 && r.guidance_scale <= 100)) {
    faults->add("guidance_scale " + std::to_string(r.guidance_scale) +
                " is out of range (expected 0 to 100)");
  }
  if (!(r.flow_shift > 0 && r.flow_shift <= 1000)) {
    faults->add("flow_shift " + std::to_string(r.flow_shift) +
                " is out of range (expected above 0, at most 1000)");
  }
  if (r.scheduler != "unipc" && r.scheduler != "euler") {
    faults->add("scheduler '" + r.scheduler + "' is unknown (expected unipc or euler)");
  }
  if (r.seed < 0) {
    faults->add("seed " + std::to_string(r.seed) +
                " is out of range (expected 0 to 2^63 - 1, or -1 to draw one)");
  }
  if (!(r.fps.num > 0 && r.fps.den > 0 && r.fps.value() <= 1000)) {
    faults->add("fps " + to_string(r.fps) + " is out of range (expected above 0, at most 1000)");
  }
}

void check_still(const char* name, const std::string& path, StillUse use, Faults* faults) {
  if (use == StillUse::kNone && !path.empty()) {
    faults->add(std::string(name) + " " + in_quotes(path) +
                ": this checkpoint has no use for it (expected a checkpoint that starts from " +
                "stills: Wan 2.2 TI2V, Wan 2.1 or 2.2 I2V; for a last still I2V or FLF2V)");
  } else if (use == StillUse::kRequired && path.empty()) {
    faults->add(std::string(name) + " is missing: this checkpoint makes clips from a still only");
  }
}

void check_stills(const GenerationRequest& r, const CheckpointInfo& info, Faults* faults) {
  check_still("image", r.image, info.image, faults);
  check_still("last_image", r.last_image, info.last_image, faults);
  if (!r.last_image.empty() && r.image.empty() && info.image == StillUse::kOptional) {
    faults->add("last_image without image");
  }
  if (!r.fit.empty() && r.fit != "stretch" && r.fit != "crop" && r.fit != "pad") {
    faults->add("fit " + in_quotes(r.fit) + " is unknown (expected stretch, crop or pad)");
  }
}

int rounded_down(double value, int multiple) {
  return std::max(1, static_cast<int>(std::lround(value)) / multiple) * multiple;
}

int rounded(double value, int multiple) {
  return static_cast<int>(nearest_multiple(std::lround(value), multiple));
}

// What is not given follows the still's aspect; with neither side given, the area is the
// checkpoint's. Source: the examples of the reference pipelines.
void follow_aspect(const Picture& still, const CheckpointInfo& info, GenerationRequest* r) {
  const double aspect = static_cast<double>(still.height) / still.width;
  const int across = info.width_multiple(), down = info.height_multiple();
  if (r->width == 0 && r->height == 0) {
    const double area = static_cast<double>(info.defaults.width) * info.defaults.height;
    r->width = rounded_down(std::sqrt(area / aspect), across);
    r->height = rounded_down(std::sqrt(area * aspect), down);
  } else if (r->width == 0) {
    r->width = rounded(r->height / aspect, across);
  } else if (r->height == 0) {
    r->height = rounded(r->width * aspect, down);
  }
  // A still as narrow as a line still makes a clip.
  r->width = std::min(r->width, kMaxSide / across * across);
  r->height = std::min(r->height, kMaxSide / down * down);
}

// Reads the stills, so that one at fault is found before anything long begins.
void resolve_stills(const CheckpointInfo& info, GenerationRequest* r) {
  if (r->image.empty()) return;
  const Stills stills = read_stills(*r, [](const std::string&) {});
  if (r->fit.empty()) r->fit = "stretch";
  follow_aspect(*stills.first, info, r);
}

void check_guidance_2(const GenerationRequest& r, const CheckpointInfo& info, Faults* faults) {
  if (r.guidance_scale_2 == kFromCheckpoint) return;
  if (!info.two_experts) {
    faults->add("guidance_scale_2 is for checkpoints with two experts, which this one is not");
  } else if (!(r.guidance_scale_2 >= 0 && r.guidance_scale_2 <= 100)) {
    faults->add("guidance_scale_2 " + std::to_string(r.guidance_scale_2) +
                " is out of range (expected 0 to 100)");
  }
}

// 32 bits: short enough to type again.
std::int64_t drawn_seed() { return static_cast<std::int64_t>(std::random_device{}()); }

}  // namespace

GenerationRequest resolve(const GenerationRequest& request, const Pipeline& pipeline) {
  GenerationRequest r = request;
  const GenerationRequest& defaults = pipeline.info.defaults;
  Faults faults;
  check_stills(r, pipeline.info, &faults);
  faults.throw_if_any();
  resolve_stills(pipeline.info, &r);
  if (r.width == 0) r.width = defaults.width;
  if (r.height == 0) r.height = defaults.height;
  if (r.num_frames == 0) r.num_frames = defaults.num_frames;
  if (!r.fps.given()) r.fps = defaults.fps;
  if (r.steps == 0) r.steps = defaults.steps;
  if (r.guidance_scale_2 == kFromCheckpoint && pipeline.info.two_experts) {
    // As the reference: the second follows the first where only that is given.
    r.guidance_scale_2 =
        r.guidance_scale == kFromCheckpoint ? defaults.guidance_scale_2 : r.guidance_scale;
  }
  if (r.guidance_scale == kFromCheckpoint) r.guidance_scale = defaults.guidance_scale;
  if (r.flow_shift == kFromCheckpoint) r.flow_shift = defaults.flow_shift;
  if (r.scheduler.empty()) r.scheduler = defaults.scheduler;
  if (r.seed == -1) r.seed = drawn_seed();

  check_text("prompt", r.prompt, &faults);
  check_text("negative_prompt", r.negative_prompt, &faults);
  check_side("width", r.width, pipeline.info.width_multiple(), &faults);
  check_side("height", r.height, pipeline.info.height_multiple(), &faults);
  check_frames(r.num_frames, pipeline.info.frame_multiple, &faults);
  check_numbers(r, &faults);
  check_guidance_2(r, pipeline.info, &faults);
  faults.throw_if_any();
  check_tokens(latent_shape(r, pipeline.info), pipeline.info, &faults);
  faults.throw_if_any();
  return r;
}

std::vector<std::int64_t> latent_shape(const GenerationRequest& request,
                                       const CheckpointInfo& info) {
  return {1, info.latent_channels, (request.num_frames - 1) / info.frame_multiple + 1,
          request.height / info.spatial_compression, request.width / info.spatial_compression};
}

}  // namespace zoetrope
