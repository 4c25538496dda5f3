#pragma once

#include <functional>
#include <optional>
#include <string>

#include "checkpoint/model_index.h"
#include "pipeline/diffusers_part.h"
#include "pipeline/lazy.h"
#include "pipeline/memory.h"
#include "pipeline/pipeline.h"
#include "pipeline/stills.h"
#include "pipeline/text_cache.h"
#include "sampling/sampler.h"
#include "zoetrope/checkpoint.h"
#include "zoetrope/generator.h"

namespace zoetrope {

/// What a request's stills tell the denoiser: every member of the condition but the text; nothing
/// if asked to stop.
using StillEncoder = std::function<std::optional<Condition>(const Stills&, const GenerationRequest&,
                                                            const RunHooks&)>;

/// A checkpoint opened for generating: what it is, how it is sampled, and its parts.
struct Pipeline {
  CheckpointInfo info;
  SamplerConfig sampler;
  int text_length = 0;  ///< S
  Lazy<TextEncoder> text;
  TextCache texts;                             ///< what `text` made of the last prompts
  StillEncoder encode_stills;                  ///< empty where info.image is kNone
  std::function<void(bool)> keep_still_parts;  ///< the same; as Lazy::keep
  Lazy<Denoiser> denoiser;                     ///< with two experts the one for high noise
  Lazy<Denoiser> low_noise_denoiser;           ///< the one for low noise, or nothing
  double boundary = 0;                         ///< the least timestep of `denoiser`
  Lazy<VideoDecoder> decoder;

  /// What each stage of a resolved request has in memory, in the order in which they run.
  std::function<std::vector<StageMemory>(const GenerationRequest&)> memory;
  std::shared_ptr<KeptBlocks> kept_blocks;  ///< read when a part is loaded
};

/// A model family: how a kind of checkpoint is recognised and opened. See docs/adding_a_model.md.
class ModelFamily {
 public:
  virtual ~ModelFamily() = default;

  virtual std::string name() const = 0;

  /// Whether the folder holds a checkpoint of this family; looks at model_index.json alone.
  virtual bool matches(const ModelIndex& index) const = 0;

  /// Reads and cross-checks configs and headers; the parts load their weights on first use, in
  /// `compute_type`. Throws Error(kCorrupt).
  virtual Pipeline load(const ModelIndex& index, at::ScalarType compute_type) const = 0;

  /// The parts that have weights, as a diffusers folder holds them. Throws Error(kCorrupt).
  virtual std::vector<DiffusersPart> diffusers_parts(const ModelIndex& index) const = 0;
};

}  // namespace zoetrope
