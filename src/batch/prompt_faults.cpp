#include "batch/prompt_faults.h"

#include "zoetrope/prompt_file.h"

namespace zoetrope::batch {

void PromptFaults::add(int line, const std::string& what) {
  ++count_;
  if (!full()) sentences_.push_back(name_ + ":" + std::to_string(line) + ": " + what);
}

void PromptFaults::throw_if_any(const char* one, const char* several) const {
  if (count_ == 0) return;
  const std::string summary =
      "read " + name_ + ": " + std::to_string(count_) + " " + (count_ == 1 ? one : several);
  std::string message = summary + ": " + sentences_.front();
  for (std::size_t i = 1; i < sentences_.size(); ++i) message += "; " + sentences_[i];
  const std::int64_t more = count_ - static_cast<std::int64_t>(sentences_.size());
  std::vector<std::string> shown = sentences_;
  if (more > 0) {
    message += "; and " + std::to_string(more) + " more";
    shown.push_back("and " + std::to_string(more) + " more");
  }
  throw PromptFileError(summary, shown, message);
}

}  // namespace zoetrope::batch
