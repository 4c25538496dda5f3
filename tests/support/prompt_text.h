#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "zoetrope/prompt_file.h"

namespace zoetrope::test {

/// A text as a prompt file's source, a few bytes at a time.
inline ByteSource source_of(const std::string& text, std::size_t step = 4096) {
  return [text, step, at = std::size_t{0}](char* into, std::size_t most) mutable {
    const std::size_t bytes = std::min({most, step, text.size() - at});
    std::memcpy(into, text.data() + at, bytes);
    at += bytes;
    return bytes;
  };
}

/// The jobs of a text, called "jobs".
inline std::vector<BatchJob> jobs_of(const std::string& text,
                                     PromptFormat format = PromptFormat::kJsonl,
                                     const JobDefaults& defaults = {}) {
  PromptFileOptions options;
  options.format = format;
  options.output_dir = "out";
  options.fps = {24, 1};
  return read_prompts(source_of(text), "jobs", "", defaults, options);
}

/// The faults of a text, or none.
inline std::vector<std::string> faults_of(const std::string& text,
                                          PromptFormat format = PromptFormat::kJsonl,
                                          const JobDefaults& defaults = {}) {
  try {
    (void)jobs_of(text, format, defaults);
  } catch (const PromptFileError& error) {
    return error.faults();
  }
  return {};
}

}  // namespace zoetrope::test
