#pragma once

#include <string>

#include <CLI/App.hpp>
#include <CLI/Formatter.hpp>

namespace zoetrope::cli {

/// Shows a flag by its first long name, with its short one if it has any; the other names that it
/// answers to would bury the list.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(36); }

  std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
};

/// What stands below each command's flags.
std::string examples();
std::string generate_examples();
std::string batch_examples();
std::string decode_examples();
std::string convert_examples();
std::string inspect_examples();
std::string doctor_examples();
std::string bench_examples();

}  // namespace zoetrope::cli
