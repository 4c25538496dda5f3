#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "zoetrope/batch.h"
#include "zoetrope/error.h"
#include "zoetrope/rational.h"
#include "zoetrope/request.h"
#include "zoetrope/video_file.h"

namespace zoetrope {

enum class PromptFormat {
  kByName,  ///< by the file's extension: .jsonl .ndjson, .txt, .csv
  kJsonl,
  kText,
  kCsv
};

/// What a job has that its line doesn't say.
struct JobDefaults {
  GenerationRequest request;
  VideoFileOptions video;  ///< the path is ignored
  double duration_s = 0;   ///< > 0: decides the number of frames once the rate is known
};

struct PromptFileOptions {
  PromptFormat format = PromptFormat::kByName;
  std::filesystem::path output_dir;  ///< where the clips' paths begin
  std::filesystem::path confine;     ///< every still must lie in this folder; empty: anywhere
  Rational fps;                      ///< the checkpoint's, for lengths given in seconds
  int frame_multiple = 4;            ///< the same: frames are n * this + 1
};

/// A prompt file at fault. what() says it all in one line.
class PromptFileError : public Error {
 public:
  PromptFileError(const std::string& summary, std::vector<std::string> faults,
                  const std::string& message)
      : Error(ErrorCode::kCorrupt, message), summary_(summary), faults_(std::move(faults)) {}

  /// "read FILE: 3 faults"
  const std::string& summary() const { return summary_; }

  /// "FILE:LINE: KEY: what is wrong", the first hundred, and how many more there are.
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  std::string summary_;
  std::vector<std::string> faults_;
};

/// What a prompt file may cost.
inline constexpr std::int64_t kMaxPromptFileBytes = std::int64_t{1} << 30;
inline constexpr std::size_t kMaxPromptLineBytes = std::size_t{1} << 20;
inline constexpr int kMaxJobs = 100'000;
inline constexpr std::int64_t kMaxJobTextBytes = std::int64_t{256} << 20;  ///< of all jobs together

/// Reads all jobs of a prompt file (docs/prompt_files.md), in its order. A job's seed, if neither
/// it nor the defaults have one, is made from its id, and its id, if it has none, from all that the
/// clip depends on: so the same file gives the same clips again.
///
/// Stills have been found and hashed, not decoded; what the model can do has not been looked at.
/// Throws PromptFileError with every fault of the file; Error(kCorrupt) if it can't be read,
/// Error(kUsage) for an unknown extension and for defaults or options at fault.
std::vector<BatchJob> read_prompt_file(const std::filesystem::path& path,
                                       const JobDefaults& defaults,
                                       const PromptFileOptions& options);

/// Fills at most `most` bytes and says how many; 0 at the end.
using ByteSource = std::function<std::size_t(char* into, std::size_t most)>;

/// The same for text that comes from elsewhere, a pipe. `name` is for messages; relative paths of
/// stills start in `folder`; without a format it is JSONL.
std::vector<BatchJob> read_prompts(const ByteSource& source, const std::string& name,
                                   const std::filesystem::path& folder, const JobDefaults& defaults,
                                   const PromptFileOptions& options);

/// All jobs of a prompt file, resolved, in its order; their stills are read. `jobs` is referred to.
/// name: the file's, for messages. Throws one PromptFileError that lists every job the model can't
/// do, or that has no seed and so would not be the same clip whoever makes it.
std::vector<ResolvedJob> resolve_jobs(const Generator& generator, const std::vector<BatchJob>& jobs,
                                      const std::string& name);

}  // namespace zoetrope
