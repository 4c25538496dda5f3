#include "zoetrope/generator.h"

#include <atomic>
#include <future>
#include <map>
#include <thread>

#include <c10/core/InferenceMode.h>

#include "api/guarded.h"
#include "api/latents_file.h"
#include "api/recipe.h"
#include "api/resume.h"
#include "api/run_options.h"
#include "models/families.h"
#include "models/find_model.h"
#include "pipeline/synthesize.h"
#include "pipeline/validate.h"
#include "tensor/block_cache.h"
#include "tensor/shape.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr std::int64_t kProcessBytes = 170 << 20;  // LibTorch and FFmpeg, measured

void require_device(const std::string& device) {
  if (device == "auto" || device == "cpu") return;
  if (device.rfind("cuda", 0) == 0) {
    throw Error(ErrorCode::kResource,
                "use device " + device + ": this build of Zoetrope has no CUDA (expected cpu)");
  }
  throw Error(ErrorCode::kUsage,
              "use device '" + device + "': unknown (expected cpu, cuda, cuda:N or auto)");
}

}  // namespace

struct Generator::Impl {
  Impl(const ModelFiles& model, at::ScalarType type)
      : index(find_model(model)), pipeline(find_family(index).load(index, type)), dtype(type) {}

  ~Impl() { stop_hashing = true; }  // nobody waits for it any more

  const char* dtype_name() const { return dtype == at::kBFloat16 ? "bf16" : "fp32"; }

  // How much of each network stays in memory; read when a part is loaded.
  void keep_blocks(const std::vector<StagePlan>& stages) const {
    for (const StagePlan& stage : stages) {
      if (stage.stage == Stage::kText) pipeline.kept_blocks->text = stage.kept_blocks;
      if (stage.stage == Stage::kDenoise) pipeline.kept_blocks->denoiser = stage.kept_blocks;
    }
  }

  // Reading every file takes as long as the disk needs; it goes on beside the denoising.
  void start_hashing() {
    if (!weights_sha256.valid()) {
      weights_sha256 = std::async(std::launch::async,
                                  [this] { return hash_weights(pipeline.info, stop_hashing); });
    }
  }

  // Of the stills as they were when a clip was last begun with them: files change between clips.
  const StillHashes& hashes_of(const GenerationRequest& r) {
    const auto known = still_sha256.find({r.image, r.last_image});
    return known != still_sha256.end() ? known->second : hash_stills_now(r);
  }

  const StillHashes& hash_stills_now(const GenerationRequest& r) {
    return still_sha256[{r.image, r.last_image}] = hash_stills(r);
  }

  ModelIndex index;
  Pipeline pipeline;
  at::ScalarType dtype;
  std::int64_t memory_limit = 0;
  std::map<std::pair<std::string, std::string>, StillHashes> still_sha256;
  std::atomic<bool> stop_hashing = false;
  std::shared_future<std::string> weights_sha256;  // last: its end is awaited before what it uses
};

Generator::Generator(const ModelFiles& model, const RunOptions& options) {
  guarded([&] {
    require_device(options.device);
    use_threads(options.threads);
    keep_blocks();
    impl_ = std::make_unique<Impl>(model, compute_type(options.dtype));
  });
}

Generator::~Generator() = default;

const CheckpointInfo& Generator::info() const { return impl_->pipeline.info; }

GenerationRequest Generator::resolve(const GenerationRequest& request) const {
  return zoetrope::resolve(request, impl_->pipeline);
}

VideoFormat Generator::format(const GenerationRequest& resolved) {
  return {resolved.width, resolved.height, resolved.fps};
}

Plan Generator::plan(const GenerationRequest& resolved) const {
  const Pipeline& pipeline = impl_->pipeline;
  const auto shape = latent_shape(resolved, pipeline.info);
  Plan plan;
  plan.latent_frames = static_cast<int>(shape[2]);
  plan.latent_height = static_cast<int>(shape[3]);
  plan.latent_width = static_cast<int>(shape[4]);
  plan.video_tokens =
      pipeline.info.tokens(plan.latent_frames, plan.latent_height, plan.latent_width);
  plan.text_tokens = pipeline.text_length;
  plan.device = "cpu";
  plan.dtype = impl_->dtype_name();
  plan.stages = plan_stages(pipeline.memory(resolved), kProcessBytes, impl_->memory_limit);
  for (const StagePlan& stage : plan.stages) {
    plan.weight_bytes = std::max(plan.weight_bytes, stage.weight_bytes);
    plan.peak_bytes = std::max(plan.peak_bytes, stage.peak_bytes);
  }
  return plan;
}

void Generator::limit_memory(std::int64_t bytes) { impl_->memory_limit = bytes; }

void Generator::keep_parts(bool keep) {
  Pipeline& pipeline = impl_->pipeline;
  pipeline.text.keep(keep);
  pipeline.denoiser.keep(keep);
  pipeline.low_noise_denoiser.keep(keep);
  pipeline.decoder.keep(keep);
  if (pipeline.keep_still_parts) pipeline.keep_still_parts(keep);
}

Recipe Generator::recipe(const GenerationRequest& resolved) {
  return guarded([&] {
    impl_->start_hashing();
    return make_recipe(resolved, impl_->pipeline.info, impl_->hashes_of(resolved),
                       impl_->weights_sha256.get(), impl_->dtype_name());
  });
}

void Generator::generate(const GenerationRequest& resolved, FrameSink& sink, const RunHooks& hooks,
                         const ResumeOptions& resume) {
  guarded([&] {
    const c10::InferenceMode inference;
    impl_->keep_blocks(plan(resolved).stages);
    impl_->start_hashing();
    impl_->hash_stills_now(resolved);  // at the end they may be gone
    const Continuation from =
        continuation(resume, resolved, impl_->pipeline.info, [&] { return recipe(resolved); });
    synthesize(impl_->pipeline, resolved, sink, hooks, from);
  });
}

void Generator::decode(const std::filesystem::path& path, FrameSink& sink, const RunHooks& hooks) {
  guarded([&] {
    const c10::InferenceMode inference;
    const Tensor latents = read_latents(path);
    if (latents.size(1) != impl_->pipeline.info.latent_channels) {
      throw Error(ErrorCode::kCorrupt,
                  "decode " + path.string() + ": latents of " + std::to_string(latents.size(1)) +
                      " channels (this model has " +
                      std::to_string(impl_->pipeline.info.latent_channels) + ")");
    }
    if (!stream_frames(impl_->pipeline.decoder.get(hooks), latents, sink, hooks)) {
      throw Error(ErrorCode::kInterrupted, "stopped on request while decoding");
    }
  });
}

CheckpointInfo inspect_checkpoint(const ModelFiles& model) {
  return guarded([&] {
    const ModelIndex index = find_model(model);
    return find_family(index).load(index, at::kFloat).info;
  });
}

}  // namespace zoetrope
