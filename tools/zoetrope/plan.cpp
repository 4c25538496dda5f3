#include "plan.h"

#include <type_traits>

#include "machine.h"
#include "numbers.h"
#include "progress.h"
#include "terminal.h"

namespace zoetrope::cli {
namespace {

constexpr std::size_t kNameWidth = 12;

std::string stage_rows(const Plan& plan) {
  std::string rows;
  for (const StagePlan& stage : plan.stages) {
    std::string text =
        human_bytes(stage.peak_bytes) + ", weights " + human_bytes(stage.weight_bytes);
    if (stage.kept_blocks < stage.blocks) {
      text += ", " + std::to_string(stage.blocks - stage.kept_blocks) + " of " +
              std::to_string(stage.blocks) + " blocks read each time they run";
    }
    rows += row(std::string("  ") + stage_name(stage.stage), text, kNameWidth);
  }
  return rows;
}

}  // namespace

Json plan_json(const GenerationRequest& request, const Plan& plan, const CheckpointInfo& info,
               const VideoFileOptions& video) {
  Json json;
  visit_used(request, [&](const char* key, const auto& member, const char*) {
    if constexpr (std::is_same_v<std::decay_t<decltype(member)>, Rational>) {
      json.set(key, to_string(member));
    } else {
      json.set(key, member);
    }
  });
  json.set("duration_s", request.num_frames / request.fps.value());
  json.set("model", info.name);
  json.set("latents", Json::Array{1, info.latent_channels, plan.latent_frames, plan.latent_height,
                                  plan.latent_width});
  json.set("video_tokens", plan.video_tokens);
  json.set("text_tokens", plan.text_tokens);
  json.set("device", plan.device);
  json.set("dtype", plan.dtype);
  json.set("weight_bytes", plan.weight_bytes);
  json.set("peak_bytes", plan.peak_bytes);
  Json stages{Json::Array{}};
  for (const StagePlan& stage : plan.stages) {
    Json entry;
    entry.set("stage", stage_name(stage.stage));
    entry.set("weight_bytes", stage.weight_bytes);
    entry.set("blocks", stage.blocks);
    entry.set("kept_blocks", stage.kept_blocks);
    entry.set("peak_bytes", stage.peak_bytes);
    stages.append(std::move(entry));
  }
  json.set("stages", std::move(stages));
  json.set("output", video.path.string());
  json.set("codec", video.codec.empty() ? "default" : video.codec);
  return json;
}

std::string plan_text(const GenerationRequest& request, const Plan& plan,
                      const CheckpointInfo& info, const VideoFileOptions& video) {
  const auto row = [](const std::string& name, const std::string& value) {
    return cli::row(name, value, kNameWidth);
  };
  const std::string separator = ", ";
  return row("model", info.name + " (" + info.family + ")") +
         row("prompt", shortened(request.prompt)) +
         (request.image.empty()
              ? ""
              : row("starts from",
                    request.image +
                        (request.last_image.empty() ? "" : ", ends with " + request.last_image))) +
         row("clip", std::to_string(request.width) + "x" + std::to_string(request.height) + ", " +
                         std::to_string(request.num_frames) + " frames at " +
                         to_string(request.fps) + " fps, " +
                         fixed(request.num_frames / request.fps.value(), 3) + " s") +
         row("sampling",
             std::to_string(request.steps) + " steps of " + request.scheduler + ", guidance " +
                 shortest(request.guidance_scale) +
                 (info.two_experts ? " and " + shortest(request.guidance_scale_2) : "") +
                 ", shift " + shortest(request.flow_shift) + ", seed " +
                 std::to_string(request.seed)) +
         row("latents", "[1, " + std::to_string(info.latent_channels) + separator +
                            std::to_string(plan.latent_frames) + separator +
                            std::to_string(plan.latent_height) + separator +
                            std::to_string(plan.latent_width) + "], " +
                            std::to_string(plan.video_tokens) + " video tokens, " +
                            std::to_string(plan.text_tokens) + " text tokens") +
         row("device", plan.device + ", " + plan.dtype) +
         row("memory", "about " + human_bytes(plan.peak_bytes) + " at most") + stage_rows(plan) +
         row("output",
             video.path.string() + (video.codec.empty() ? "" : " with codec " + video.codec));
}

Plan plan_within(std::int64_t limit, Generator& generator, const GenerationRequest& resolved,
                 Reporter& reporter) {
  if (limit > 0) {
    generator.limit_memory(limit);
    return generator.plan(resolved);
  }
  const Plan plan = generator.plan(resolved);
  const std::int64_t available = describe_machine().available_bytes;
  if (available <= 0 || plan.peak_bytes <= available) return plan;
  const std::string found = "this needs about " + human_bytes(plan.peak_bytes) + " of memory and " +
                            human_bytes(available) + " is free";
  try {
    generator.limit_memory(available);
    const Plan smaller = generator.plan(resolved);
    reporter.warn(found + ": part of the weights is read again at every step, which is slow");
    return smaller;
  } catch (const Error&) {
    generator.limit_memory(0);
    reporter.warn(found + "; a smaller size or fewer frames need less");
    return plan;
  }
}

}  // namespace zoetrope::cli
