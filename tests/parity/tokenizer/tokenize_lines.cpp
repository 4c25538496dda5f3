#include <algorithm>
#include <exception>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "core/json.h"
#include "text/prompt_cleaning.h"
#include "text/unigram_tokenizer.h"

namespace {

// One line for each line of `input`, which are JSON strings: its token ids, or its cleaned text.
void answer(const std::string& input, const zoetrope::UnigramTokenizer* tokenizer) {
  std::string_view rest = input;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::string text = zoetrope::Json::parse(line, "stdin").as_string("read stdin: a line");
    if (tokenizer == nullptr) {
      std::cout << zoetrope::Json(zoetrope::clean_prompt(text)).dump() << '\n';
      continue;
    }
    const char* separator = "";
    for (const std::int32_t id : tokenizer->encode(text)) {
      std::cout << separator << id;
      separator = " ";
    }
    std::cout << '\n';
  }
}

}  // namespace

/// tokenize_lines FOLDER < LINES    the ids of each line's text
/// tokenize_lines --clean < LINES   each line's text as clean_prompt returns it
int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: tokenize_lines FOLDER|--clean < JSON strings, one a line\n";
    return 2;
  }
  std::ios::sync_with_stdio(false);
  const std::string input((std::istreambuf_iterator<char>(std::cin)), {});
  try {
    if (std::string_view(argv[1]) == "--clean") {
      answer(input, nullptr);
    } else {
      const auto tokenizer = zoetrope::UnigramTokenizer::open(argv[1]);
      answer(input, &tokenizer);
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
