#pragma once

#include <vector>

#include "zoetrope/batch.h"

namespace zoetrope::batch {

/// Writes report.html into the output folder: every job with its prompt, seed, time or failure, a
/// few of its frames and a link to the clip, in one file that needs no other. It is made from the
/// records of all workers, so that the last one to end writes the whole. Throws Error(kResource).
void write_report(const std::vector<ResolvedJob>& jobs, const BatchOptions& options);

}  // namespace zoetrope::batch
