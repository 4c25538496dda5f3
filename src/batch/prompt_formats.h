#pragma once

#include <functional>

#include "batch/job_keys.h"
#include "batch/line_reader.h"
#include "batch/prompt_faults.h"

namespace zoetrope::batch {

/// Takes one job; false if it wants no more.
using DraftSink = std::function<bool(const JobDraft&)>;

/// Each reads a whole file and says what is wrong with its form, keys and types. A line at fault
/// still gives a job of what could be read, so that its values are checked too.

/// One JSON object a line; empty lines are skipped.
void read_jsonl(LineReader& lines, PromptFaults& faults, const DraftSink& sink);

/// One prompt a line; empty lines and those that begin with '#' are skipped.
void read_text(LineReader& lines, PromptFaults& faults, const DraftSink& sink);

/// RFC 4180: a first row of keys; cells may be quoted, and hold line breaks then. An empty cell
/// says nothing about its key.
void read_csv(LineReader& lines, PromptFaults& faults, const DraftSink& sink);

}  // namespace zoetrope::batch
