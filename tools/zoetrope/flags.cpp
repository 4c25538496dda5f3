#include "flags.h"

#include <cstdint>
#include <string_view>

#include "core/option_names.h"

namespace zoetrope::cli {
namespace {

// "prompt" -> "--prompt,-p"; "--frame-num" brings "--frame_num" with it.
std::string all_names(const std::string& flag) {
  std::string names = "--" + flag;
  if (const auto aliases = aliases_of(flag); !aliases.empty()) names += "," + std::string(aliases);
  std::string underscored;
  for (const std::string& name : CLI::detail::split(names, ',')) {
    std::string other = name;
    std::replace(other.begin() + 2, other.end(), '-', '_');
    if (other != name) underscored += "," + other;
  }
  return names + underscored;
}

}  // namespace

CLI::Option* add(CLI::App& app, const std::string& flag, const Setter& set, const char* help) {
  const std::string shown = "--" + flag;
  return app
      .add_option_function<std::string>(
          all_names(flag),
          [=](const std::string& text) {
            try {
              set(shown, text);
            } catch (const UsageError&) {
              throw;
            } catch (const Error& error) {
              throw UsageError(shown + ": " + error.what());
            }
          },
          help)
      ->type_name("TEXT");
}

CLI::Option* add(CLI::App& app, const std::string& flag, std::string& value, const char* help) {
  return add(
      app, flag, [&value](const std::string&, const std::string& text) { value = text; }, help);
}

CLI::Option* add_switch(CLI::App& app, const std::string& flag, bool& value, const char* help) {
  return app.add_flag_function(
      all_names(flag), [&value](std::int64_t count) { value = count > 0; }, help);
}

void give_empty_values(const CLI::App& app, std::vector<std::string>& arguments) {
  const CLI::App* command = nullptr;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    if (command == nullptr) {
      for (const CLI::App* sub : app.get_subcommands({})) {
        if (sub->get_name() == arguments[at]) command = sub;
      }
      continue;
    }
    std::string name = arguments[at];
    const bool empty_value = name.size() > 3 && name.compare(0, 2, "--") == 0 && name.back() == '=';
    if (empty_value) name.pop_back();
    const CLI::Option* option = command->get_option_no_throw(name);
    if (option == nullptr || option->get_expected_max() == 0) continue;
    if (empty_value) {
      arguments[at] = name;
      arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(at) + 1, "");
    }
    ++at;  // the value
  }
}

std::string unexpected(const CLI::App& command, const std::vector<std::string>& remaining) {
  const std::string& first = remaining.front();
  const std::string flag = first.substr(0, first.find('='));
  std::vector<std::string> known;
  for (const CLI::App* sub : command.get_subcommands({})) known.push_back(sub->get_name());
  for (const CLI::Option* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::string nearest = nearest_name(flag, known);
  const bool is_flag = flag.size() > 1 && flag[0] == '-';
  const std::string text =
      (is_flag ? flag + ": unknown flag" : "'" + flag + "': not expected here");
  return text + (nearest.empty() ? "" : " (did you mean " + nearest + "?)");
}

}  // namespace zoetrope::cli
