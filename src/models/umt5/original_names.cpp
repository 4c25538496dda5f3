#include "models/umt5/original_names.h"

#include <string>
#include <utility>

#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr const char* kSentencepieceTensor = "spiece_model";
constexpr std::uint64_t kMaxSentencepieceBytes = 100'000'000;

constexpr NameRule kRules[] = {
    {"token_embedding", "shared"},
    {"norm", "encoder.final_layer_norm"},
};

// gate.0 is the branch through GELU, fc1 the linear one.
constexpr NameRule kBlockRules[] = {
    {"norm1", "layer.0.layer_norm"},
    {"attn", "layer.0.SelfAttention"},
    {"pos_embedding.embedding", "layer.0.SelfAttention.relative_attention_bias"},
    {"norm2", "layer.1.layer_norm"},
    {"ffn.gate.0", "layer.1.DenseReluDense.wi_0"},
    {"ffn.fc1", "layer.1.DenseReluDense.wi_1"},
    {"ffn.fc2", "layer.1.DenseReluDense.wo"},
};

std::string transformers_name(const std::string& name) {
  if (const auto block = numbered_name(name, "blocks")) {
    return "encoder.block." + std::to_string(block->number) + "." +
           apply_rules(kBlockRules, block->rest);
  }
  return apply_rules(kRules, name);
}

}  // namespace

Naming umt5_naming(const TensorFiles& files) {
  if (files.shape_of("encoder.block.0.layer.0.SelfAttention.q.weight") != nullptr) {
    return Naming::kDiffusers;
  }
  return files.shape_of("blocks.0.pos_embedding.embedding.weight") != nullptr ? Naming::kOriginal
                                                                              : Naming::kOther;
}

bool has_sentencepiece(const TensorFiles& files) {
  return files.shape_of(kSentencepieceTensor) != nullptr;
}

std::string sentencepiece_of(const TensorFiles& files) {
  const auto entry = files.tensors().find(kSentencepieceTensor);
  if (entry == files.tensors().end() || entry->second.info->dtype != DType::kU8 ||
      entry->second.info->bytes > kMaxSentencepieceBytes) {
    throw Error(ErrorCode::kCorrupt, "read the tokenizer in " + files.paths().front().string() +
                                         ": no tensor of bytes '" + kSentencepieceTensor +
                                         "' (expected a sentencepiece model)");
  }
  std::string content(entry->second.info->bytes, '\0');
  entry->second.file->read(*entry->second.info, content.data());
  return content;
}

TensorFiles with_transformers_umt5_names(TensorFiles files) {
  const bool original = umt5_naming(files) == Naming::kOriginal;
  return std::move(files).renamed([&](const std::string& name) -> std::string {
    if (name == kSentencepieceTensor) return "";
    return original ? transformers_name(name) : name;
  });
}

}  // namespace zoetrope
