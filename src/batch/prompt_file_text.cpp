#include "batch/prompt_formats.h"

namespace zoetrope::batch {

void read_text(LineReader& lines, PromptFaults& faults, const DraftSink& sink) {
  constexpr const char* kBlanks = " \t";
  const JobKey* prompt = find_job_key("prompt");
  Line line;
  while (lines.next(line)) {
    if (!line.fault.empty()) faults.add(line.number, line.fault);
    const std::size_t first = line.text.find_first_not_of(kBlanks);
    if (first == std::string::npos || line.text[first] == '#') continue;
    const std::size_t last = line.text.find_last_not_of(kBlanks);
    const std::string text = line.text.substr(first, last - first + 1);
    if (!sink({line.number, {{prompt, "prompt", text}}})) return;
  }
}

}  // namespace zoetrope::batch
