#include "help.h"

#include <algorithm>
#include <numeric>

namespace zoetrope::cli {
namespace {

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

std::string HelpFormatter::make_option_name(const CLI::Option* option, bool is_positional) const {
  if (is_positional) return option->get_type_name();
  const auto& short_names = option->get_snames();
  const auto& long_names = option->get_lnames();
  std::string name = short_names.empty() ? "    " : "-" + short_names.front();
  if (!long_names.empty()) name += (short_names.empty() ? "--" : ", --") + long_names.front();
  return name;
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_positional() || option->get_expected_max() == 0) return "";
  return " " + option->get_type_name();
}

std::string examples() {
  return "Examples:\n"
         "  zoetrope generate --prompt \"a red kite over the sea\" -o kite.mp4\n"
         "  zoetrope inspect kite.mp4\n"
         "  zoetrope doctor\n"
         "\n"
         "Every command has its own help: zoetrope generate --help\n"
         "Exit codes: 0 done, 2 usage, 3 bad input, 4 resource, 6 NaN, 70 internal,\n"
         "            75 stopped and can be gone on with, 130 or 143 interrupted";
}

std::string generate_examples() {
  return "What is not given is the checkpoint's. Nothing is overwritten unless told. The result's\n"
         "path goes to stdout, all else to stderr.\n"
         "\n"
         "Examples:\n"
         "  zoetrope generate -p \"a red kite over the sea\" -o kite.mp4\n"
         "  zoetrope generate -p \"rain on a window\" --size 832x480 --duration 5 --seed 7 -o "
         "rain.mov\n"
         "  zoetrope generate --prompt-file scene.txt --codec ffv1 -o scene.mkv\n"
         "  zoetrope generate -p \"snow\" --dry-run";
}

std::string decode_examples() {
  return "Examples:\n"
         "  zoetrope decode kite.safetensors -o kite.mp4\n"
         "  zoetrope decode kite.safetensors --codec ffv1 -o kite.mkv";
}

std::string convert_examples() {
  return "Reads a diffusers folder, or single files under Wan's own names as its authors and\n"
         "ComfyUI have them, fp8 with or without scales included. Run again after an\n"
         "interruption, it goes on.\n"
         "\n"
         "Examples:\n"
         "  zoetrope convert --model ComfyUI/models --dtype bf16 -o wan-diffusers\n"
         "  zoetrope convert --transformer t2v_fp8.safetensors --vae vae.safetensors \\\n"
         "      --text-encoder umt5_fp8.safetensors --tokenizer umt5-xxl -o wan-diffusers";
}

std::string inspect_examples() {
  return "Reads headers only, so it is quick for a checkpoint of any size.\n"
         "\n"
         "Examples:\n"
         "  zoetrope inspect models/starter\n"
         "  zoetrope inspect --transformer t2v.safetensors --vae vae.safetensors \\\n"
         "      --text-encoder umt5.safetensors --tokenizer umt5-xxl\n"
         "  zoetrope inspect kite.mp4 --json";
}

std::string doctor_examples() {
  return "Examples:\n"
         "  zoetrope doctor\n"
         "  zoetrope doctor --json";
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

}  // namespace zoetrope::cli
