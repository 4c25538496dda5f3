#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/App.hpp>

#include "numbers.h"

namespace zoetrope::cli {

/// Reads the text given to a flag, which is named as people know it: "--steps". The message of an
/// Error that is no UsageError is told with the flag before it.
using Setter = std::function<void(const std::string& flag, const std::string& text)>;

/// Declares --FLAG, which takes one value, with its aliases and their forms with underscores.
CLI::Option* add(CLI::App& app, const std::string& flag, const Setter& set, const char* help);

/// The same for plain text.
CLI::Option* add(CLI::App& app, const std::string& flag, std::string& value, const char* help);

/// Declares --FLAG, which takes no value and sets `value`.
CLI::Option* add_switch(CLI::App& app, const std::string& flag, bool& value, const char* help);

/// Declares --FLAG, which takes one of a few words.
template <typename Value>
CLI::Option* add_choice(CLI::App& app, const std::string& flag, Value& value,
                        const std::vector<std::pair<std::string, Value>>& choices,
                        const char* help) {
  std::string words;
  for (const auto& choice : choices) words += (words.empty() ? "" : "|") + choice.first;
  const auto set = [&value, choices, words](const std::string& shown, const std::string& text) {
    const auto found = std::find_if(choices.begin(), choices.end(),
                                    [&](const auto& choice) { return choice.first == text; });
    if (found == choices.end()) {
      throw UsageError(shown + ": '" + text + "' is unknown (expected " + words + ")");
    }
    value = found->second;
  };
  return add(app, flag, set, help)->type_name(words);
}

/// Makes "--prompt=" two arguments, the second one empty: CLI11 takes it for a flag whose value
/// comes next. Values are never touched.
void give_empty_values(const CLI::App& app, std::vector<std::string>& arguments);

/// "--step: unknown flag (did you mean --steps?)" for the first of `remaining`.
std::string unexpected(const CLI::App& command, const std::vector<std::string>& remaining);

}  // namespace zoetrope::cli
