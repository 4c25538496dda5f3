#include "settings.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <limits>
#include <set>
#include <string_view>

#include <toml++/toml.h>

#include "clip_options.h"
#include "core/files.h"
#include "core/json.h"
#include "core/option_names.h"
#include "core/option_values.h"
#include "core/quote.h"
#include "flags.h"
#include "numbers.h"

namespace zoetrope::cli {
namespace {

constexpr std::uint64_t kMostFileBytes = 1 << 20;
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

bool is_switch(const CLI::Option& option) { return option.get_expected_max() == 0; }

// Options that a file may set.
bool is_setting(const CLI::Option& option) {
  return !option.get_positional() && !option.get_lnames().empty() && !option.check_name("--help") &&
         !option.check_name("--config") && !option.check_name("--print-config");
}

// "num_frames"
std::string key_of(const CLI::Option& option) {
  std::string key = option.get_lnames().front();
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

CLI::Option* find_setting(CLI::App& command, const std::string& key) {
  const std::string name = zoetrope::key_of(key);
  for (CLI::Option* option : command.get_options()) {
    if (is_setting(*option) && key_of(*option) == name) return option;
  }
  return nullptr;
}

void give(CLI::Option& option, const std::string& text) {
  option.add_result(text);
  option.run_callback();
}

// Text of a value as a flag would have it.
std::string text_of(const toml::node& value, const CLI::Option& option) {
  if (is_switch(option)) {
    if (const auto* yes = value.as_boolean()) return yes->get() ? "true" : "false";
    throw UsageError("is no true or false");
  }
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* number = value.as_integer()) return std::to_string(number->get());
  if (const auto* number = value.as_floating_point()) return shortest(number->get());
  throw UsageError("is neither text nor a number");
}

// Takes the values of one table into a command.
class TableReader {
 public:
  TableReader(CLI::App& command, std::string file) : command_(command), file_(std::move(file)) {}

  void take(const toml::table& table, const std::vector<CLI::App*>& known_to) {
    set_here_.clear();
    for (const auto& [key, value] : table) {
      if (&table == root_ && value.is_table()) continue;
      take_value(std::string(key.str()), value, known_to);
    }
  }

  // Tables go before what stands above them.
  void take_all(const toml::table& root, const std::vector<CLI::App*>& commands) {
    root_ = &root;
    for (const auto& [key, value] : root) {
      if (!value.is_table()) continue;
      const auto owner = std::find_if(commands.begin(), commands.end(), [&](CLI::App* command) {
        return command->get_name() == key.str();
      });
      if (owner == commands.end()) {
        fail(value,
             "[" + std::string(key.str()) + "] is no table (expected [generate] or [batch])");
      }
      take(*value.as_table(), {*owner});
    }
    take(root, commands);
  }

 private:
  [[noreturn]] void fail(const toml::node& at, const std::string& what) const {
    throw UsageError(file_ + ":" + std::to_string(at.source().begin.line) + ": " + what);
  }

  void take_value(const std::string& key, const toml::node& value,
                  const std::vector<CLI::App*>& known_to) {
    const bool mine = std::find(known_to.begin(), known_to.end(), &command_) != known_to.end();
    CLI::Option* option = mine ? find_setting(command_, key) : nullptr;
    if (option == nullptr) {
      require_known(key, value, known_to);
      return;
    }
    if (set_here_.count(option) > 0) fail(value, in_quotes(key) + ": given twice");
    for (const CLI::Option* other : option->get_excludes()) {
      if (set_here_.count(other) > 0) {
        fail(value, in_quotes(key) + " and '" + key_of(*other) + "' exclude each other");
      }
      if (other->count() > 0) return;
    }
    if (option->count() > 0) return;
    set_here_.insert(option);
    try {
      const std::string text = text_of(value, *option);
      if (text != "false" || !is_switch(*option)) give(*option, text);
    } catch (const Error& error) {
      fail(value, in_quotes(key) + ": " + error.what());
    }
  }

  void require_known(const std::string& key, const toml::node& value,
                     const std::vector<CLI::App*>& known_to) const {
    std::vector<std::string> names;
    for (CLI::App* command : known_to) {
      if (find_setting(*command, key) != nullptr) return;
      for (const CLI::Option* option : command->get_options()) {
        if (is_setting(*option)) names.push_back(key_of(*option));
      }
    }
    const std::string nearest = nearest_name(zoetrope::key_of(key), names);
    fail(value, in_quotes(key) + ": unknown key" +
                    (nearest.empty() ? "" : " (nearest known key: " + nearest + ")"));
  }

  CLI::App& command_;
  std::string file_;
  const toml::table* root_ = nullptr;
  std::set<const CLI::Option*> set_here_;
};

// A TOML value that reads back as the same text, or as another form of the same number.
std::string value_text(const CLI::Option& option) {
  const std::string text = option.results().back();
  if (is_switch(option)) return "true";
  const std::string type = option.get_type_name();
  try {
    if (type == "N") return std::to_string(read_whole(text, -kHighest, kHighest));
    if (type == "X" || type == "S" || type == "M") return shortest(read_real(text, -1e300, 1e300));
  } catch (const Error&) {
    // A rate like 24000/1001: text.
  }
  check_text("--" + option.get_lnames().front(), text);
  std::string quoted = Json(text).dump();
  // The only character that JSON lets stand and TOML does not.
  for (auto at = quoted.find('\x7F'); at != std::string::npos; at = quoted.find('\x7F', at)) {
    quoted.replace(at, 1, "\\u007f");
  }
  return quoted;
}

}  // namespace

void add_settings(CLI::App& app, SettingsFlags& flags) {
  add(app, "config", flags.file, "TOML file with settings for what no flag says")
      ->type_name("FILE")
      ->group("Run");
  add_switch(app, "print-config", flags.print, "print the settings as such a file and stop")
      ->group("Run");
}

void take_environment(CLI::App& command) {
  for (const char* flag : {"--model", "--device", "--dtype", "--threads", "--memory-limit"}) {
    std::string name = std::string("ZOETROPE_") + (flag + 2);
    std::transform(name.begin(), name.end(), name.begin(), [](char letter) {
      return letter == '-' ? '_'
                           : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    });
    CLI::Option* option = command.get_option_no_throw(flag);
    const char* value = std::getenv(name.c_str());
    if (option == nullptr || option->count() > 0 || value == nullptr || *value == '\0') continue;
    // A transformer is not mixed with another model's parts unasked.
    if (option->check_name("--model") && command.count("--transformer") > 0) continue;
    try {
      give(*option, value);
    } catch (const UsageError& error) {
      throw UsageError("$" + name + ": " + error.what());
    }
  }
}

void take_file(CLI::App& command, const std::vector<CLI::App*>& commands, const std::string& file) {
  const std::string text = read_text_file(file, kMostFileBytes);
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw UsageError(file + ":" + std::to_string(error.source().begin.line) +
                     ": not TOML: " + std::string(error.description()));
  }
  TableReader(command, file).take_all(root, commands);
}

std::string settings_text(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (!is_setting(*option) || option->count() == 0) continue;
    text += key_of(*option) + " = " + value_text(*option) + "\n";
  }
  return text;
}

}  // namespace zoetrope::cli
