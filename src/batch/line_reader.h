#pragma once

#include <cstdint>
#include <string>

#include "zoetrope/prompt_file.h"

namespace zoetrope::batch {

/// One line of a prompt file, without its end (LF or CRLF).
struct Line {
  int number = 0;     ///< from 1
  std::string text;   ///< UTF-8 without NUL; empty if there is a fault
  std::string fault;  ///< "not UTF-8 at byte 7"; empty if there is none
};

/// Splits a text into lines without ever holding more than one of them: what is past
/// kMaxPromptLineBytes is read and dropped. A byte order mark at the start is dropped too.
class LineReader {
 public:
  /// `name` is for messages.
  LineReader(ByteSource source, std::string name);

  /// False at the end. Throws Error(kCorrupt) if there are more than kMaxPromptFileBytes.
  bool next(Line& line);

 private:
  bool refill();

  ByteSource source_;
  std::string name_;
  std::string block_;
  std::size_t at_ = 0;  ///< in block_
  std::int64_t bytes_ = 0;
  int number_ = 0;
};

}  // namespace zoetrope::batch
