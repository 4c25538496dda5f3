#include "api/resume.h"

#include <chrono>
#include <system_error>

#include "api/latents_file.h"
#include "core/files.h"
#include "pipeline/validate.h"
#include "tensor/shape.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

// Calls `keep` after the steps of which `every` says so.
StepObserver now_and_then(const ResumeOptions::Every& every, int steps_kept,
                          const std::function<void(const Denoised&)>& keep) {
  using Clock = std::chrono::steady_clock;
  return [=, kept_at = Clock::now()](const Denoised& state) mutable {
    const std::chrono::duration<double, std::ratio<60>> minutes = Clock::now() - kept_at;
    const bool far = every.steps > 0 && state.steps_done - steps_kept >= every.steps;
    const bool long_ago = every.minutes > 0 && minutes.count() >= every.minutes;
    if (!far && !long_ago) return;
    keep(state);
    steps_kept = state.steps_done;
    kept_at = Clock::now();
  };
}

// A state with our recipe but other sizes or steps was tampered with.
void require_fit(const Denoised& state, const GenerationRequest& r, const CheckpointInfo& info,
                 const std::filesystem::path& path) {
  const auto shape = latent_shape(r, info);
  const bool counted = state.complete ? state.steps_done == r.steps : state.steps_done < r.steps;
  if (state.latents.sizes() == at::IntArrayRef(shape) && counted) return;
  throw Error(ErrorCode::kCorrupt,
              "go on from " + path.string() + ": latents " + shape_text(state.latents.sizes()) +
                  " after step " + std::to_string(state.steps_done) + " (expected " +
                  shape_text(shape) + ", " + std::to_string(r.steps) + " steps)");
}

}  // namespace

Continuation continuation(const ResumeOptions& options, const GenerationRequest& resolved,
                          const CheckpointInfo& info, const std::function<Recipe()>& recipe) {
  Continuation from;
  if (options.state.empty()) return from;
  if (options.resume && is_there(options.state)) {
    from.start = read_state(options.state, recipe());
    require_fit(*from.start, resolved, info, options.state);
  }
  from.keep = [path = options.state, recipe](const Denoised& state) {
    write_latents(path, state, recipe());
  };
  from.after_step = now_and_then(options.every, from.start ? from.start->steps_done : 0, from.keep);
  return from;
}

std::filesystem::path state_file_of(const std::filesystem::path& output) {
  return output.string() + ".resume.safetensors";
}

void remove_state(const std::filesystem::path& state) {
  std::error_code ignored;
  std::filesystem::remove(state, ignored);
  std::filesystem::remove(state.string() + ".part", ignored);
}

}  // namespace zoetrope
