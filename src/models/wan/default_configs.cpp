#include "models/wan/default_configs.h"

#include <array>
#include <span>

#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr std::array kMean21 = {-0.7571, -0.7089, -0.9113, 0.1075,  -0.1745, 0.9653,
                                -0.1517, 1.5508,  0.4134,  -0.0715, 0.5517,  -0.3632,
                                -0.1922, -0.9497, 0.2503,  -0.2921};
constexpr std::array kStd21 = {2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
                               3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160};
constexpr std::array kMean22 = {
    -0.2289, -0.0052, -0.1323, -0.2339, -0.2799, 0.0174,  0.1838,  0.1557,  -0.1382, 0.0542,
    0.2813,  0.0891,  0.1570,  -0.0098, 0.0375,  -0.1825, -0.2246, -0.1207, -0.0698, 0.5109,
    0.2665,  -0.2108, -0.2158, 0.2502,  -0.2055, -0.0322, 0.1109,  0.1567,  -0.0729, 0.0899,
    -0.2799, -0.1230, -0.0313, -0.1649, 0.0117,  0.0723,  -0.2839, -0.2083, -0.0520, 0.3748,
    0.0152,  0.1957,  0.1433,  -0.2944, 0.3573,  -0.0548, -0.1681, -0.0667};
constexpr std::array kStd22 = {
    0.4765, 1.0364, 0.4514, 1.1677, 0.5313, 0.4990, 0.4818, 0.5013, 0.8158, 1.0344, 0.5894, 1.0901,
    0.6885, 0.6165, 0.8454, 0.4978, 0.5759, 0.3523, 0.7135, 0.6804, 0.5833, 1.4146, 0.8986, 0.5659,
    0.7069, 0.5338, 0.4889, 0.4917, 0.4069, 0.4999, 0.6866, 0.4093, 0.5709, 0.6065, 0.6415, 0.4944,
    0.5726, 1.2042, 0.5458, 1.6887, 0.3971, 1.0600, 0.3943, 0.5537, 0.5444, 0.4089, 0.7468, 0.7744};
static_assert(kMean21.size() == 16 && kStd21.size() == 16);
static_assert(kMean22.size() == 48 && kStd22.size() == 48);

Json::Array numbers(std::span<const double> values) {
  return Json::Array(values.begin(), values.end());
}

// The first size of a tensor's shape, or 0.
std::int64_t rows_of(const TensorFiles& files, const std::string& name) {
  const auto* shape = files.shape_of(name);
  return shape == nullptr || shape->empty() ? 0 : shape->front();
}

void copy(const ConfigFile& from, const std::string& key, const std::string& to,
          Json::Object& result) {
  if (const Json* value = from.find(key)) result.emplace_back(to, *value);
}

}  // namespace

ConfigFile diffusers_transformer_config(const ConfigFile& original) {
  Json::Object result = {{"_class_name", "WanTransformer3DModel"}};
  const std::int64_t dim = original.integer("dim", 0);
  const std::int64_t heads = original.integer("num_heads", 0);
  if (dim < 1 || heads < 1 || dim % heads != 0) {
    throw Error(ErrorCode::kCorrupt, "read " + original.path().string() + ": 'dim' is " +
                                         std::to_string(dim) + " and 'num_heads' " +
                                         std::to_string(heads) + " (expected heads of one width)");
  }
  result.emplace_back("num_attention_heads", heads);
  result.emplace_back("attention_head_dim", dim / heads);
  for (const char* key : {"ffn_dim", "freq_dim", "num_layers", "text_dim", "eps", "patch_size"}) {
    copy(original, key, key, result);
  }
  copy(original, "in_dim", "in_channels", result);
  copy(original, "out_dim", "out_channels", result);
  copy(original, "cross_attn_norm", "cross_attn_norm", result);
  if (!original.boolean("qk_norm", true)) result.emplace_back("qk_norm", "none");
  return {original.path(), std::move(result)};
}

Json::Object default_vae_config(const TensorFiles& files) {
  Json::Object result = {{"_class_name", "AutoencoderKLWan"}};
  const std::int64_t z_dim = rows_of(files, "post_quant_conv.weight");
  if (z_dim == 16) {
    result.emplace_back("latents_mean", numbers(kMean21));
    result.emplace_back("latents_std", numbers(kStd21));
  } else if (z_dim == 48) {
    result.emplace_back("latents_mean", numbers(kMean22));
    result.emplace_back("latents_std", numbers(kStd22));
  }
  if (rows_of(files, "decoder.conv_out.weight") == 12) result.emplace_back("patch_size", 2);
  return result;
}

// Source: Radford et al. 2021, transformers' CLIPImageProcessor.
Json::Object default_image_processor_config() {
  return {{"crop_size", Json::Object{{"height", 224}, {"width", 224}}},
          {"do_center_crop", true},
          {"do_convert_rgb", true},
          {"do_normalize", true},
          {"do_rescale", true},
          {"do_resize", true},
          {"image_mean", Json::Array{0.48145466, 0.4578275, 0.40821073}},
          {"image_processor_type", "CLIPImageProcessor"},
          {"image_std", Json::Array{0.26862954, 0.26130258, 0.27577711}},
          {"resample", 3},
          {"rescale_factor", 1.0 / 255},
          {"size", Json::Object{{"shortest_edge", 224}}}};
}

Json::Object default_scheduler_config(double flow_shift) {
  return {{"_class_name", "UniPCMultistepScheduler"},
          {"beta_end", 0.02},
          {"beta_schedule", "linear"},
          {"beta_start", 0.0001},
          {"disable_corrector", Json::Array{}},
          {"final_sigmas_type", "zero"},
          {"flow_shift", flow_shift},
          {"lower_order_final", true},
          {"num_train_timesteps", 1000},
          {"predict_x0", true},
          {"prediction_type", "flow_prediction"},
          {"solver_order", 2},
          {"solver_p", Json()},
          {"solver_type", "bh2"},
          {"steps_offset", 0},
          {"thresholding", false},
          {"timestep_spacing", "linspace"},
          {"use_beta_sigmas", false},
          {"use_exponential_sigmas", false},
          {"use_flow_sigmas", true},
          {"use_karras_sigmas", false}};
}

}  // namespace zoetrope
