#include "core/option_names.h"

#include <algorithm>
#include <array>

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

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
std::size_t edits(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> count(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        count[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = count[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      count[i][j] = std::min({count[i - 1][j] + 1, count[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) count[i][j] = std::min(count[i][j], count[i - 2][j - 2] + 1);
    }
  }
  return count.back().back();
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
