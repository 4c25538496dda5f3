#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope::cli {

/// Opens /dev/null in the place of every standard stream that was closed at the start, so that no
/// file of ours gets its number and then its messages.
void ensure_standard_streams();

/// stderr is a terminal that understands carriage returns (TERM is not "dumb").
bool stderr_is_terminal();

/// Columns of the terminal at stderr; 80 if it doesn't say.
int terminal_width();

/// Text from a stranger (prompt, path, tensor name) made safe to print: control characters,
/// line breaks, directional overrides and ill-formed UTF-8 become \xHH or \u{HHHH}; so it stays one
/// line.
std::string escaped(std::string_view text);

/// At most 60 bytes of `text`, cut at a character's edge and marked with "…".
std::string shortened(const std::string& text);

/// A line of a list for people: `name` filled up to `width` columns, and the value, escaped.
std::string row(const std::string& name, const std::string& value, std::size_t width);

/// A line a row; columns as wide as their widest cell, two blanks apart.
std::vector<std::string> lines_of_table(const std::vector<std::vector<std::string>>& rows);

/// Writes all of `text` to stderr. Failures are ignored: there is nowhere to report them.
void print_error_text(std::string_view text);

/// Writes a result to stdout. A reader that went away is not an error.
/// Throws Error(kResource) when it can't be written.
void print_result(std::string_view text);

}  // namespace zoetrope::cli
