#include "pipeline/synthesize.h"

#include "core/check.h"
#include "pipeline/experts.h"
#include "pipeline/stills.h"
#include "pipeline/validate.h"
#include "tensor/random.h"
#include "tensor/shape.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

Tensor encode(Pipeline& p, const char* name, const std::string& text, const RunHooks& hooks) {
  const TextEncoding& encoding = p.texts.get(text, [&] { return p.text.get(hooks).encode(text); });
  if (encoding.cut_tokens > 0) {
    hooks.warn(std::string("the ") + name + " is too long: its last " +
               std::to_string(encoding.cut_tokens) + " tokens were dropped (this model reads " +
               std::to_string(encoding.tokens) + ")");
  }
  return encoding.context;
}

// What the stills say goes with both prompts; nothing if asked to stop.
std::optional<Condition> encode_stills(Pipeline& p, const GenerationRequest& r,
                                       const RunHooks& hooks) {
  if (r.image.empty()) return Condition();
  const StillNote warn = [&hooks](const std::string& note) { hooks.warn(note); };
  const Stills stills = read_stills(r, warn);
  note_other_aspect(stills, r, warn);
  if (!p.info.image_note.empty()) warn(p.info.image_note);
  return p.encode_stills(stills, r, hooks);
}

// The negative prompt is read only where guidance will use it.
Guidance encode_text(Pipeline& p, const GenerationRequest& r, const Condition& stills,
                     const RunHooks& hooks) {
  const int prompts = r.guidance_scale > 1 ? 2 : 1;
  hooks.progress(Stage::kText, 0, prompts);
  Guidance guidance{.prompt = stills,
                    .scale = r.guidance_scale,
                    .scale_below = r.guidance_scale_2,
                    .boundary = p.boundary};
  guidance.prompt.text = encode(p, "prompt", r.prompt, hooks);
  if (prompts == 2) {
    guidance.negative = stills;
    guidance.negative->text = encode(p, "negative prompt", r.negative_prompt, hooks);
  }
  hooks.progress(Stage::kText, prompts, prompts);
  p.text.drop();
  return guidance;
}

std::unique_ptr<Sampler> sampler_for(const SamplerConfig& of_checkpoint,
                                     const GenerationRequest& r) {
  SamplerConfig config = of_checkpoint;
  config.scheduler = r.scheduler;
  config.flow_shift = r.flow_shift;
  return make_sampler(config, r.steps);
}

// From noise, or from where another run stopped, to latents.
Denoised make_latents(Pipeline& p, const GenerationRequest& r, const RunHooks& hooks,
                      const Continuation& from) {
  const Denoised start =
      from.start.value_or(Denoised{.latents = initial_noise(r.seed, latent_shape(r, p.info))});
  const auto stills = encode_stills(p, r, hooks);
  if (!stills) return start;
  const Guidance guidance = encode_text(p, r, *stills, hooks);

  const auto sampler = sampler_for(p.sampler, r);
  // With two experts each is loaded when its first step comes.
  Denoised denoised =
      p.low_noise_denoiser
          ? denoise(Experts(p, hooks), start, guidance, *sampler, hooks, from.after_step)
          : denoise(p.denoiser.get(hooks), start, guidance, *sampler, hooks, from.after_step);
  p.denoiser.drop();
  p.low_noise_denoiser.drop();
  return denoised;
}

[[noreturn]] void stop(bool kept, const std::string& when) {
  throw Error(kept ? ErrorCode::kStopped : ErrorCode::kInterrupted, "stopped on request " + when);
}

}  // namespace

void synthesize(Pipeline& p, const GenerationRequest& r, FrameSink& sink, const RunHooks& hooks,
                const Continuation& from) {
  const bool made = from.start && from.start->complete;
  const Denoised denoised = made ? *from.start : make_latents(p, r, hooks, from);

  const bool kept = static_cast<bool>(from.keep);
  if (kept && !made) from.keep(denoised);
  if (!denoised.complete) {
    stop(kept,
         "after step " + std::to_string(denoised.steps_done) + " of " + std::to_string(r.steps));
  }

  if (!stream_frames(p.decoder.get(hooks), denoised.latents, sink, hooks)) {
    stop(kept, "while decoding");
  }
  p.decoder.drop();
}

bool stream_frames(const VideoDecoder& decoder, const Tensor& latents, FrameSink& sink,
                   const RunHooks& hooks) {
  const auto frames = decoder.decode(latents);
  std::int64_t done = 0;
  hooks.progress(Stage::kDecode, 0, frames->total());
  while (const auto chunk = frames->next()) {  // fp32 [t, 3, H, W]
    if (hooks.stopping()) return false;
    require_shape(*chunk, {kAny, 3, kAny, kAny}, "decoded frames");
    ZOETROPE_CHECK(chunk->is_contiguous() && chunk->scalar_type() == at::kFloat);
    sink.write({chunk->const_data_ptr<float>(), chunk->size(0), static_cast<int>(chunk->size(3)),
                static_cast<int>(chunk->size(2))});
    hooks.progress(Stage::kDecode, done += chunk->size(0), frames->total());
  }
  return true;
}

}  // namespace zoetrope
