#include "batch/line_reader.h"

#include <algorithm>

#include "core/utf8.h"

namespace zoetrope::batch {
namespace {

constexpr std::size_t kBlockBytes = 64 << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string fault_of(const std::string& text, bool too_long) {
  if (too_long) {
    return "a line of more than " + std::to_string(kMaxPromptLineBytes) + " bytes";
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string::npos) {
    return "NUL at byte " + std::to_string(nul) + " (expected UTF-8 text)";
  }
  if (const std::size_t bad = find_invalid_utf8(text); bad != std::string::npos) {
    return "not UTF-8 at byte " + std::to_string(bad);
  }
  return "";
}

}  // namespace

LineReader::LineReader(ByteSource source, std::string name)
    : source_(std::move(source)), name_(std::move(name)) {}

bool LineReader::refill() {
  block_.resize(kBlockBytes);
  block_.resize(source_(block_.data(), kBlockBytes));
  at_ = 0;
  bytes_ += static_cast<std::int64_t>(block_.size());
  if (bytes_ > kMaxPromptFileBytes) {
    throw Error(ErrorCode::kCorrupt,
                "read " + name_ + ": more than " + std::to_string(kMaxPromptFileBytes) + " bytes");
  }
  return !block_.empty();
}

bool LineReader::next(Line& line) {
  line.text.clear();
  if (at_ == block_.size() && !refill()) return false;
  bool too_long = false;
  for (bool ended = false; !ended && (at_ < block_.size() || refill());) {
    const std::size_t end = std::min(block_.find('\n', at_), block_.size());
    ended = end < block_.size();
    // A few bytes more than allowed, so that a line without mark and CR is still too long.
    const std::size_t room = kMaxPromptLineBytes + 8 - line.text.size();
    line.text.append(block_, at_, std::min(end - at_, room));
    at_ = ended ? end + 1 : end;
  }
  line.number = ++number_;
  if (number_ == 1 && line.text.starts_with(kByteOrderMark)) line.text.erase(0, 3);
  if (line.text.ends_with('\r')) line.text.pop_back();
  too_long = line.text.size() > kMaxPromptLineBytes;
  line.fault = fault_of(line.text, too_long);
  if (!line.fault.empty()) line.text.clear();
  return true;
}

}  // namespace zoetrope::batch
