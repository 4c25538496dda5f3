#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zoetrope/checkpoint.h"
#include "zoetrope/frame_sink.h"
#include "zoetrope/hooks.h"
#include "zoetrope/request.h"

namespace zoetrope {

/// How a model is run. The result's fp32 value does not depend on `threads` beyond rounding.
struct RunOptions {
  std::string device = "auto";  ///< "cpu" or "auto"; "cuda[:i]" needs a build with CUDA
  std::string dtype = "auto";  ///< "fp32", "bf16", or "auto": bf16 where the CPU has it in hardware
  int threads = 0;             ///< 0: one a core
};

/// The memory of one stage of a run.
struct StagePlan {
  Stage stage = Stage::kText;
  std::int64_t weight_bytes = 0;  ///< of weights in memory at one time
  std::int64_t blocks = 0;        ///< of the stage's network
  std::int64_t kept_blocks = 0;   ///< of those, how many stay in memory; the others are read again
  std::int64_t peak_bytes = 0;    ///< of the whole process
};

/// What a request will cost, from headers alone.
struct Plan {
  int latent_frames = 0, latent_height = 0, latent_width = 0;
  std::int64_t video_tokens = 0;  ///< L
  int text_tokens = 0;            ///< S that the transformer sees
  std::string device, dtype;      ///< after "auto" was decided
  std::vector<StagePlan> stages;  ///< in the order in which they run
  std::int64_t weight_bytes = 0;  ///< the most of any stage
  std::int64_t peak_bytes = 0;    ///< the most of any stage, within 10 % of what is measured
};

/// The facts from which a clip can be made again: ordered keys and values, as written into the
/// file, the sidecar and the latents. `json` is one object, compact.
struct Recipe {
  std::string json;
  std::vector<std::pair<std::string, std::string>> tags;  ///< key, value as text
};

/// How a clip outlives the run that makes it: a file with the latents, what the sampler carries
/// from step to step, and the recipe. The seed's noise is drawn before the first step and never
/// after, so there is no other state of a random generator.
struct ResumeOptions {
  /// When the file is written beside a stop and the end of denoising: whichever comes first.
  struct Every {
    int steps = 0;        ///< 0: no matter how many
    double minutes = 10;  ///< 0: no matter how long
  };

  std::filesystem::path state;  ///< empty: nothing is kept
  bool resume = false;          ///< go on from `state` if it is there, else start
  Every every;
};

/// The file in which a clip is kept until it is finished: OUT.resume.safetensors.
std::filesystem::path state_file_of(const std::filesystem::path& output);

/// Removes a state file that is no longer needed, and what a killed run left of the next one.
void remove_state(const std::filesystem::path& state);

/// A checkpoint that is ready to generate. Weights are read on first use. Not thread-safe.
class Generator {
 public:
  /// Reads and cross-checks headers and configs, no weights.
  /// Throws Error(kCorrupt) for a checkpoint at fault, Error(kUsage) for impossible options.
  Generator(const ModelFiles& model, const RunOptions& options);
  ~Generator();

  const CheckpointInfo& info() const;

  /// The request with every default filled in, a seed drawn if it asks for one, and checked
  /// against the model's limits; stills are read, since sizes may follow from them. Throws one
  /// Error(kUsage) that lists every fault, Error(kCorrupt) for a still that can't be read.
  GenerationRequest resolve(const GenerationRequest& request) const;

  /// Throws Error(kResource) if the memory limit is too low.
  Plan plan(const GenerationRequest& resolved) const;

  /// Bytes that the process may take from now on; 0, the default: as many as it needs. Blocks of a
  /// network that do not fit are read from their files each time they run: slow, and the same
  /// result.
  void limit_memory(std::int64_t bytes);

  /// The clip's frame size and rate.
  static VideoFormat format(const GenerationRequest& resolved);

  /// The recipe of a resolved request. Hashes the weights on first use (reads every file once).
  Recipe recipe(const GenerationRequest& resolved);

  /// Makes a clip and writes its frames; the caller then finishes the sink, and removes the state
  /// if it is not wanted as latents.
  ///
  /// A run that goes on from a state file ends with the bytes of one that was never interrupted, on
  /// as many threads. A finished state (fp32 [1, C, T, h, w], normalised) is always written before
  /// decoding, so that decoding alone is repeated. When hooks.stop_requested says so, stops after
  /// the current step: throws Error(kStopped) if the state was kept, else Error(kInterrupted).
  /// Throws Error(kNumerical) if NaN or infinity appears, Error(kCorrupt) if the state is damaged,
  /// Error(kUsage) if it is of another request or model.
  void generate(const GenerationRequest& resolved, FrameSink& sink, const RunHooks& hooks,
                const ResumeOptions& resume = {});

  /// Whether weights stay in memory for the next clip instead of making room for each other.
  void keep_parts(bool keep);

  /// Decodes saved latents; the caller then finishes the sink.
  /// Throws Error(kCorrupt) if the file doesn't fit this checkpoint.
  void decode(const std::filesystem::path& latents, FrameSink& sink, const RunHooks& hooks);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What a latents file holds; loads nothing else.
struct LatentsInfo {
  std::vector<std::int64_t> shape;  ///< [1, C, T, h, w]
  std::string recipe_json;          ///< empty if the file has none
  GenerationRequest request;        ///< what the recipe says, as far as it says it
  int steps_done = 0;
  bool complete = true;  ///< false if denoising was stopped before its last step
};
LatentsInfo inspect_latents(const std::filesystem::path& path);

}  // namespace zoetrope
