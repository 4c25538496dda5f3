#include "core/option_names.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace zoetrope {
namespace {

struct Alias {
  std::string_view flag;
  std::string_view names;
};
constexpr std::array kAliases = {
    Alias{"prompt", "-p"},
    Alias{"negative-prompt", "-n"},
    Alias{"output", "-o,--save-file,--output-path"},
    Alias{"seed", "-s,--base-seed"},
    Alias{"width", "-W"},
    Alias{"height", "-H"},
    Alias{"image", "-i,--init-img"},
    Alias{"model", "-m,--ckpt-dir,--model-path"},
    Alias{"num-frames", "--frames,--video-frames,--frame-num"},
    Alias{"fps", "--frame-rate"},
    Alias{"steps", "--num-inference-steps,--sample-steps"},
    Alias{"guidance-scale", "--cfg-scale,--sample-guide-scale"},
    Alias{"flow-shift", "--sample-shift"},
    Alias{"scheduler", "--sample-solver"},
};

std::string replaced(std::string_view text, char from, char to) {
  std::string result(text);
  std::replace(result.begin(), result.end(), from, to);
  return result;
}

// Levenshtein: insertions, deletions and replacements that turn `a` into `b`.
std::size_t edits(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, diagonal + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::string_view aliases_of(std::string_view flag) {
  const auto* found = std::find_if(kAliases.begin(), kAliases.end(),
                                   [&](const Alias& alias) { return alias.flag == flag; });
  return found == kAliases.end() ? std::string_view() : found->names;
}

std::string key_of(std::string_view written) {
  const std::string flag = replaced(written, '_', '-');
  const auto answers = [&](const Alias& alias) {
    return ("," + std::string(alias.names) + ",").find(",--" + flag + ",") != std::string::npos;
  };
  const auto* found = flag.find(',') == std::string::npos
                          ? std::find_if(kAliases.begin(), kAliases.end(), answers)
                          : kAliases.end();
  return replaced(found == kAliases.end() ? flag : found->flag, '-', '_');
}

std::string nearest_name(const std::string& word, const std::vector<std::string>& known) {
  std::string nearest;
  std::size_t fewest = word.size() > 8 ? 4 : 3;
  if (word.size() > 64) return nearest;
  for (const std::string& name : known) {
    const std::size_t count = edits(word, name);
    if (count < fewest) {
      fewest = count;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace zoetrope
