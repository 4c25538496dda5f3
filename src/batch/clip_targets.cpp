#include "batch/clip_targets.h"

#include "core/quote.h"

namespace zoetrope::batch {
namespace {

// Whether a list like ".mp4 .mov" has the word.
bool has_word(const std::string& list, const std::string& word) {
  return !word.empty() && (" " + list + " ").find(" " + word + " ") != std::string::npos;
}

}  // namespace

std::string ClipTargets::extension_of(const VideoFileOptions& video) const {
  for (const EncoderInfo& encoder : encoders_) {
    if (encoder.codec == video.codec) {
      return encoder.containers.substr(0, encoder.containers.find(' '));
    }
  }
  return ".mp4";
}

std::string ClipTargets::fault_of(const VideoFileOptions& video,
                                  const std::string& extension) const {
  std::string codecs;
  bool known_extension = false;
  const EncoderInfo* chosen = nullptr;
  for (const EncoderInfo& encoder : encoders_) {
    codecs += (codecs.empty() ? "" : " ") + encoder.codec;
    if (encoder.codec == video.codec) chosen = &encoder;
    known_extension = known_extension || has_word(encoder.containers, extension);
  }
  if (!known_extension) {
    return "output: unknown extension " + in_quotes(extension) +
           " (expected .mp4 .mov .mkv .webm .gif, or .png with a pattern)";
  }
  if (video.codec.empty()) return "";
  if (chosen == nullptr) {
    return "codec: " + in_quotes(video.codec) + " is unknown (expected one of " + codecs + ")";
  }
  if (!has_word(chosen->containers, extension)) {
    return "codec: " + video.codec + " can't be stored in " + extension + " (expected " +
           chosen->containers + ")";
  }
  if (chosen->encoder.empty()) {
    return "codec: this build's FFmpeg has no encoder for " + video.codec;
  }
  if (video.bit_depth == 10 && !chosen->ten_bit) {
    return "bit_depth: " + video.codec + " has 8 bits only";
  }
  return "";
}

std::string fault_of_pattern(const std::string& name) {
  const std::size_t at = name.find('%');
  const bool one = at != std::string::npos && name.find('%', at + 1) == std::string::npos;
  const std::string pattern = one ? name.substr(at, 4) : "";
  if (pattern.size() == 4 && pattern[1] == '0' && pattern[2] >= '1' && pattern[2] <= '9' &&
      pattern[3] == 'd') {
    return "";
  }
  return "output: " + in_quotes(name) +
         " has no place for a frame's number (expected one pattern, as in name-%05d.png)";
}

}  // namespace zoetrope::batch
