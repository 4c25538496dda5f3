#include <algorithm>
#include <optional>

#include "batch/prompt_formats.h"
#include "core/json.h"
#include "core/option_values.h"
#include "core/quote.h"

namespace zoetrope::batch {
namespace {

// A list of seeds for every job there may be, and little more.
constexpr JsonLimits kLimits = {
    .max_bytes = kMaxPromptLineBytes, .max_depth = 3, .max_values = std::size_t{kMaxJobs} + 1000};

const char* expected(ValueKind kind) {
  switch (kind) {
    case ValueKind::kText:
      return "a string";
    case ValueKind::kWhole:
      return "an integer";
    case ValueKind::kReal:
      return "a number";
    case ValueKind::kRate:
      return "a number, or a string like \"24000/1001\"";
    case ValueKind::kSeeds:
      return "an integer, a list of integers or a range like \"1..8\"";
    case ValueKind::kSwitch:
      return "\"full\" or \"none\"";
  }
  return "";
}

// Numbers as the command line would have them; nothing if the type is wrong.
std::optional<std::string> text_of(const Json& value, ValueKind kind) {
  if (value.is_string()) {
    const bool natural = kind != ValueKind::kWhole && kind != ValueKind::kReal;
    return natural ? std::optional(value.as_string("")) : std::nullopt;
  }
  const bool numeric = kind != ValueKind::kText && kind != ValueKind::kSwitch;
  if (value.is_integer() && numeric) return std::to_string(value.as_integer(""));
  if (value.is_number() && (kind == ValueKind::kReal || kind == ValueKind::kRate)) {
    return shortest(value.as_number(""));
  }
  if (!value.is_array() || kind != ValueKind::kSeeds) return std::nullopt;
  std::string seeds;
  for (const Json& item : value.as_array("")) {
    if (!item.is_integer()) return std::nullopt;
    seeds += (seeds.empty() ? "" : ",") + std::to_string(item.as_integer(""));
  }
  return seeds;
}

void add_field(const std::string& written, const Json& value, JobDraft& draft,
               PromptFaults& faults) {
  const std::string shown = in_quotes(written) + ": ";
  const JobKey* key = find_job_key(written);
  if (key == nullptr) {
    faults.add(draft.line, faults.full() ? "" : shown + unknown_key(written));
    return;
  }
  for (const JobField& field : draft.fields) {
    if (field.key != key) continue;
    faults.add(draft.line, shown + "given twice, also as " + in_quotes(field.written));
    return;
  }
  const auto text = text_of(value, key->kind);
  if (!text) {
    faults.add(draft.line, shown + value.type_name() + " (expected " + expected(key->kind) + ")");
  }
  draft.fields.push_back({key, written, text});
}

// Json's own words without what the fault begins with anyway.
std::string without_beginning(const std::string& message, const std::string& where) {
  const std::string beginning = "read " + where + ": ";
  return message.starts_with(beginning) ? message.substr(beginning.size()) : message;
}

}  // namespace

void read_jsonl(LineReader& lines, PromptFaults& faults, const DraftSink& sink) {
  Line line;
  while (lines.next(line)) {
    if (!line.fault.empty()) faults.add(line.number, line.fault);
    if (line.text.find_first_not_of(" \t") == std::string::npos) continue;
    Json json;
    try {
      json = Json::parse(line.text, faults.name(), kLimits);
    } catch (const Error& error) {
      faults.add(line.number, without_beginning(error.what(), faults.name()));
      continue;
    }
    if (!json.is_object()) {
      faults.add(line.number,
                 std::string(json.type_name()) + " (expected an object: {\"prompt\": …})");
      continue;
    }
    JobDraft draft{line.number, {}};
    for (const auto& [key, value] : json.as_object("")) add_field(key, value, draft, faults);
    if (!sink(draft)) return;
  }
}

}  // namespace zoetrope::batch
