#include "help.h"

namespace zoetrope::cli {
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
         "Exit codes: 0 done, 2 usage, 3 bad input, 4 resource, 5 failed jobs, 6 NaN,\n"
         "            70 internal, 75 stopped and can be gone on with, 130 or 143 interrupted";
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

std::string batch_examples() {
  return "Flags of a clip are what its line of the prompt file doesn't say. Several workers may "
         "be\n"
         "started with the same command: each clip is made once. Run again, it goes on.\n"
         "\n"
         "Examples:\n"
         "  zoetrope batch shots.jsonl --output-dir clips\n"
         "  zoetrope batch prompts.txt --size 832x480 --steps 30 --output-dir clips --dry-run\n"
         "  make_shots | zoetrope batch - --confine stills --output-dir clips";
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

std::string bench_examples() {
  return "Workloads: starter, wan1.3b-480x272x17, wan1.3b-832x480x17, wan14b-480x272x17,\n"
         "           vae21-480x272x17, vae22-480x272x17; all but the first with random weights.\n"
         "\n"
         "Examples:\n"
         "  zoetrope bench\n"
         "  zoetrope bench wan14b-480x272x17 --layers 2 --json";
}

}  // namespace zoetrope::cli
