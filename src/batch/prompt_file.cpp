#include "zoetrope/prompt_file.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "batch/job_maker.h"
#include "batch/line_reader.h"
#include "batch/prompt_formats.h"
#include "core/files.h"

namespace zoetrope {
namespace {

PromptFormat format_of(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  if (extension == ".jsonl" || extension == ".ndjson") return PromptFormat::kJsonl;
  if (extension == ".txt") return PromptFormat::kText;
  if (extension == ".csv") return PromptFormat::kCsv;
  throw Error(ErrorCode::kUsage, "read " + path.string() + ": the extension '" + extension +
                                     "' says nothing (expected .jsonl, .txt, .csv or a format)");
}

}  // namespace

std::vector<BatchJob> read_prompts(const ByteSource& source, const std::string& name,
                                   const std::filesystem::path& folder, const JobDefaults& defaults,
                                   const PromptFileOptions& options) {
  batch::LineReader lines(source, name);
  batch::PromptFaults faults(name);
  batch::JobMaker maker(folder, defaults, options, faults);
  const auto sink = [&](const batch::JobDraft& draft) { return maker.add(draft); };
  switch (options.format) {
    case PromptFormat::kText:
      batch::read_text(lines, faults, sink);
      break;
    case PromptFormat::kCsv:
      batch::read_csv(lines, faults, sink);
      break;
    case PromptFormat::kByName:
    case PromptFormat::kJsonl:
      batch::read_jsonl(lines, faults, sink);
      break;
  }
  std::vector<BatchJob> jobs = maker.take();
  if (jobs.empty() && faults.count() == 0) faults.add(1, "no jobs in it");
  faults.throw_if_any();
  return jobs;
}

std::vector<BatchJob> read_prompt_file(const std::filesystem::path& path,
                                       const JobDefaults& defaults,
                                       const PromptFileOptions& options) {
  PromptFileOptions chosen = options;
  if (chosen.format == PromptFormat::kByName) chosen.format = format_of(path);
  const InputFile file(path);
  const auto source = [&, at = std::uint64_t{0}](char* into, std::size_t most) mutable {
    const std::uint64_t bytes = std::min<std::uint64_t>(most, file.size() - at);
    file.read_at(at, into, bytes);
    at += bytes;
    return static_cast<std::size_t>(bytes);
  };
  return read_prompts(source, path.string(), path.parent_path(), defaults, chosen);
}

}  // namespace zoetrope
