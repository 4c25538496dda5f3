#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "options.h"
#include "zoetrope/hooks.h"

namespace zoetrope::cli {

/// "denoise": the stage as programs are told of it.
const char* stage_name(Stage stage);

/// What is shown of a batch with the progress of its running clip.
struct BatchView {
  std::vector<std::string> table;      ///< lines
  std::string id;                      ///< of the clip
  std::optional<double> seconds_left;  ///< of the clip, all stages
};

/// Tells people, or with ProgressMode::kJson programs, on stderr how a run goes:
///   a terminal   one line that is rewritten, below a batch's table
///   else         a line at most every ten seconds, and one at each stage's end
///   kJson        one JSON object a line: {"event": "progress", …}
///   kNone        warnings, the seed and errors alone
/// May be called from several threads.
class Reporter {
 public:
  explicit Reporter(ProgressMode mode);
  ~Reporter();  ///< leaves the cursor on a line of its own

  void progress(const Progress& progress, const BatchView& batch = {});
  void warn(const std::string& message);
  void note(const std::string& message);  ///< a sentence that is left out with kNone
  void seed(std::int64_t seed);

  /// details: further lines for people, a list for programs; may be empty.
  void error(int code, const std::string& message, const std::vector<std::string>& details);

  /// Progress is shown as lines that are rewritten.
  bool is_live() const { return mode_ == Mode::kTerminal; }

  /// A job of a batch: `members` for programs, `sentence`, unless it is empty, for people.
  void job(const char* event_name, Json members, const std::string& sentence);

  /// The run's last event: `members` for programs, `sentence` for people.
  void finished(Json members, const std::string& sentence);

  /// What a signal handler may print in this mode when a stop is asked for; a literal.
  const char* stop_announcement() const;

 private:
  enum class Mode { kTerminal, kPlain, kJson, kNone };
  using Clock = std::chrono::steady_clock;

  bool due(const Progress& progress, Clock::time_point now);
  std::string describe(const Progress& progress, Clock::time_point now,
                       const BatchView& batch) const;
  Json event_of(const Progress& progress, Clock::time_point now, const BatchView& batch) const;
  double seconds_left(const Progress& progress, Clock::time_point now) const;
  void redraw(std::vector<std::string> lines);
  std::string cleared();
  void print_line(const std::string& text);
  void event(const char* name, Json members);

  std::mutex mutex_;
  Mode mode_;
  Stage stage_ = Stage::kLoad;
  bool began_ = false;           // a stage has begun
  int open_lines_ = 0;           // of the terminal, that hold progress; the cursor is in the last
  int signal_ = 0;               // of which the handler has told on a line of its own
  bool decoded_ = false;         // all frames are decoded
  std::int64_t first_done_ = 0;  // of the stage, when its clock began
  std::int64_t last_done_ = 0;
  Clock::time_point stage_start_;
  Clock::time_point last_shown_;
};

}  // namespace zoetrope::cli
