#include "terminal.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/files.h"
#include "core/utf8.h"
#include "zoetrope/error.h"

namespace zoetrope::cli {
namespace {

std::string hexadecimal(std::uint32_t value, int digits) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (int digit = digits - 1; digit >= 0; --digit) text += kDigits[value >> (4 * digit) & 15];
  return text;
}

// Bytes in the well-formed sequence that begins with `lead`.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xE0) return 2;
  return lead < 0xF0 ? 3 : 4;
}

std::uint32_t decoded(std::string_view sequence) {
  if (sequence.size() == 1) return static_cast<unsigned char>(sequence[0]);
  std::uint32_t value = static_cast<unsigned char>(sequence[0]) & (0x7F >> sequence.size());
  for (const char next : sequence.substr(1)) {
    value = value << 6 | (static_cast<unsigned char>(next) & 0x3F);
  }
  return value;
}

bool is_control(std::uint32_t value) { return value < 0x20 || (value >= 0x7F && value < 0xA0); }

// Characters that reorder or break what a terminal shows around them.
bool is_directional(std::uint32_t value) {
  return value == 0x061C || value == 0x200E || value == 0x200F ||
         (value >= 0x2028 && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069);
}

}  // namespace

void ensure_standard_streams() {
  for (int descriptor = 0; descriptor < 3; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) {
      // open takes the lowest free number, which is this one.
      [[maybe_unused]] const int opened = ::open("/dev/null", O_RDWR);
    }
  }
}

bool stderr_is_terminal() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && (kind == nullptr || std::strcmp(kind, "dumb") != 0);
}

int terminal_width() {
  struct winsize size {};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::string escaped(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  std::size_t good_until = find_invalid_utf8(text);
  for (std::size_t at = 0; at < text.size();) {
    if (at == good_until) {
      safe += "\\x" + hexadecimal(static_cast<unsigned char>(text[at]), 2);
      ++at;
      good_until = find_invalid_utf8(text.substr(at));
      if (good_until != std::string_view::npos) good_until += at;
      continue;
    }
    const auto sequence = text.substr(at, sequence_length(static_cast<unsigned char>(text[at])));
    const std::uint32_t value = decoded(sequence);
    if (is_control(value)) {
      safe += "\\x" + hexadecimal(value, 2);
    } else if (is_directional(value)) {
      safe += "\\u{" + hexadecimal(value, 4) + "}";
    } else {
      safe += sequence;
    }
    at += sequence.size();
  }
  return safe;
}

std::string shortened(const std::string& text) {
  constexpr std::size_t kMost = 60;
  if (text.size() <= kMost) return text;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string row(const std::string& name, const std::string& value, std::size_t width) {
  const std::size_t space = name.size() < width ? width - name.size() : 1;
  return name + std::string(space, ' ') + escaped(value) + "\n";
}

std::vector<std::string> lines_of_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string& line = lines.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      line += row[i] + (last ? "" : std::string(widths[i] - row[i].size() + 2, ' '));
    }
  }
  return lines;
}

void print_error_text(std::string_view text) { write_all(STDERR_FILENO, text); }

void print_result(std::string_view text) {
  const int error = write_all(STDOUT_FILENO, text);
  if (error != 0 && error != EPIPE) {
    throw Error(ErrorCode::kResource,
                std::string("write to standard output: ") + std::strerror(error));
  }
}

}  // namespace zoetrope::cli
