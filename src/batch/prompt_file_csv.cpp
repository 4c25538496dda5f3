#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "batch/prompt_formats.h"
#include "core/quote.h"

namespace zoetrope::batch {
namespace {

// One row, which begins in `line` and may go on in those that follow.
struct Row {
  int line = 0;
  std::vector<std::string> cells;
  std::string fault;
  bool ended = true;  // false: the file ended between quotes, or is not worth going on with
};

// The cells of a row. A quoted cell may hold commas, line breaks and quotes (written twice).
class RowParser {
 public:
  RowParser(LineReader& lines, Line& line, Row& row) : lines_(lines), line_(line), row_(row) {}

  void parse() {
    bytes_ = line_.text.size();
    do {
      row_.cells.emplace_back();
      const bool good = at('"') ? quoted() : plain();
      if (!good) return;
    } while (at(',') && ++at_ > 0);
  }

 private:
  bool at(char letter) const { return at_ < line_.text.size() && line_.text[at_] == letter; }

  bool fail(const std::string& fault) {
    row_.fault = "cell " + std::to_string(row_.cells.size()) + ": " + fault;
    return false;
  }

  bool plain() {
    const std::string_view text(line_.text);
    const std::size_t end = std::min(text.find(',', at_), text.size());
    row_.cells.back() = text.substr(at_, end - at_);
    at_ = end;
    if (row_.cells.back().find('"') == std::string::npos) return true;
    return fail("a quote in the middle (expected the whole cell in quotes, and \"\" for a quote)");
  }

  bool quoted() {
    std::string& cell = row_.cells.back();
    ++at_;
    while (true) {
      const std::size_t end = std::min(line_.text.find('"', at_), line_.text.size());
      cell.append(line_.text, at_, end - at_);
      at_ = end + 1;
      if (end == line_.text.size()) {
        if (!next_line()) return false;
        cell += '\n';
      } else if (at('"')) {
        cell += '"';
        ++at_;
      } else {
        break;
      }
    }
    return at_ == line_.text.size() || at(',') || fail("text after the closing quote");
  }

  // The row is over its limit long before a quote that was forgotten has eaten the file.
  bool next_line() {
    at_ = 0;
    if (!lines_.next(line_)) {
      row_.ended = false;
      return fail("its quote is never closed");
    }
    bytes_ += line_.text.size() + 1;
    if (!line_.fault.empty()) {
      row_.ended = false;
      return fail("line " + std::to_string(line_.number) + ": " + line_.fault);
    }
    if (bytes_ <= kMaxPromptLineBytes) return true;
    row_.ended = false;
    return fail("a row of more than " + std::to_string(kMaxPromptLineBytes) +
                " bytes (is its quote ever closed?)");
  }

  LineReader& lines_;
  Line& line_;
  Row& row_;
  std::size_t at_ = 0;
  std::size_t bytes_ = 0;
};

// False at the end. Empty lines are no rows.
bool next_row(LineReader& lines, Row& row) {
  row = {};
  Line line;
  do {
    if (!lines.next(line)) return false;
  } while (line.text.empty() && line.fault.empty());
  row.line = line.number;
  row.fault = line.fault;
  if (row.fault.empty()) RowParser(lines, line, row).parse();
  return true;
}

// What each column is; nullptr for one that was found to be at fault.
std::vector<const JobKey*> read_header(const Row& row, PromptFaults& faults) {
  std::vector<const JobKey*> columns;
  for (const std::string& cell : row.cells) {
    const JobKey* key = find_job_key(cell);
    std::string fault = key == nullptr ? unknown_key(cell) : "";
    for (std::size_t i = 0; i < columns.size() && key != nullptr; ++i) {
      if (columns[i] == key) fault = "given twice, also as " + in_quotes(row.cells[i]);
    }
    if (!fault.empty()) faults.add(row.line, in_quotes(cell) + ": " + fault);
    columns.push_back(fault.empty() ? key : nullptr);
  }
  return columns;
}

std::string count_fault(std::size_t cells, std::size_t columns) {
  return std::to_string(cells) + (cells == 1 ? " cell" : " cells") + " (expected " +
         std::to_string(columns) + ", as in the first row)";
}

}  // namespace

void read_csv(LineReader& lines, PromptFaults& faults, const DraftSink& sink) {
  constexpr std::size_t kMostColumns = 100;
  Row header;
  if (!next_row(lines, header)) return;
  if (header.cells.size() > kMostColumns) header.fault = "more than 100 columns";
  if (!header.fault.empty()) {
    faults.add(header.line, header.fault);
    return;  // nothing can be said of rows whose columns are unknown
  }
  const auto columns = read_header(header, faults);
  for (Row row; next_row(lines, row);) {
    if (row.fault.empty() && row.cells.size() != columns.size()) {
      row.fault = count_fault(row.cells.size(), columns.size());
    }
    if (!row.fault.empty()) {
      faults.add(row.line, row.fault);
      if (!row.ended) return;
      continue;
    }
    JobDraft draft{row.line, {}};
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] == nullptr || row.cells[i].empty()) continue;
      draft.fields.push_back({columns[i], header.cells[i], row.cells[i]});
    }
    if (!sink(draft)) return;
  }
}

}  // namespace zoetrope::batch
