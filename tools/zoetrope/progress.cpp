#include "progress.h"

#include <algorithm>
#include <utility>

#include "numbers.h"
#include "signals.h"
#include "terminal.h"

namespace zoetrope::cli {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kTooEarly_s = 0.5;  // to tell a rate: the first unit may be small or slow

const char* verb(Stage stage) {
  switch (stage) {
    case Stage::kLoad:
      return "loading weights";
    case Stage::kText:
      return "reading the prompt";
    case Stage::kStill:
      return "encoding the still";
    case Stage::kDenoise:
      return "denoising";
    case Stage::kDecode:
      return "decoding";
    case Stage::kEncode:
      return "encoding";
    case Stage::kConvert:
      return "converting";
  }
  return "";
}

}  // namespace

const char* stage_name(Stage stage) {
  switch (stage) {
    case Stage::kLoad:
      return "load";
    case Stage::kText:
      return "text";
    case Stage::kStill:
      return "still";
    case Stage::kDenoise:
      return "denoise";
    case Stage::kDecode:
      return "decode";
    case Stage::kEncode:
      return "encode";
    case Stage::kConvert:
      return "convert";
  }
  return "";
}

namespace {

const char* unit(Stage stage) {
  switch (stage) {
    case Stage::kLoad:
    case Stage::kText:
      return "";
    case Stage::kDenoise:
      return " step";
    default:
      return " frame";
  }
}

double seconds_between(std::chrono::steady_clock::time_point from,
                       std::chrono::steady_clock::time_point to) {
  return duration<double>(to - from).count();
}

// The text's first `columns` bytes: what we print here is ASCII.
std::string fitted(std::string text, int columns) {
  if (static_cast<int>(text.size()) > columns) text.resize(static_cast<std::size_t>(columns));
  return text;
}

}  // namespace

Reporter::Reporter(ProgressMode mode) {
  switch (mode) {
    case ProgressMode::kAuto:
      mode_ = stderr_is_terminal() ? Mode::kTerminal : Mode::kPlain;
      break;
    case ProgressMode::kPlain:
      mode_ = Mode::kPlain;
      break;
    case ProgressMode::kJson:
      mode_ = Mode::kJson;
      break;
    case ProgressMode::kNone:
      mode_ = Mode::kNone;
      break;
  }
}

Reporter::~Reporter() {
  if (open_lines_ > 0) print_error_text("\n");
}

const char* Reporter::stop_announcement() const {
  switch (mode_) {
    case Mode::kTerminal:
      return "\nstopping after this step (again to stop at once)\n";
    case Mode::kPlain:
      return "stopping after this step (again to stop at once)\n";
    default:
      return "";
  }
}

void Reporter::progress(const Progress& progress, const BatchView& batch) {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (mode_ == Mode::kNone || !due(progress, now)) return;
  last_shown_ = now;
  if (mode_ == Mode::kJson) {
    event("progress", event_of(progress, now, batch));
  } else if (mode_ == Mode::kPlain) {
    print_line(describe(progress, now, batch));
  } else {
    std::vector<std::string> lines = batch.table;
    lines.push_back(describe(progress, now, batch));
    redraw(std::move(lines));
  }
}

// Lines that are wider than the terminal would be two, and those could not be rewritten.
void Reporter::redraw(std::vector<std::string> lines) {
  std::string text = cleared();
  const int width = terminal_width() - 1;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += (i > 0 ? "\n" : "") + fitted(std::move(lines[i]), width);
  }
  print_error_text(text);
  open_lines_ = static_cast<int>(lines.size());
}

// What removes the lines that hold progress, and leaves the cursor where the first one began.
std::string Reporter::cleared() {
  const int signal = received_signal();
  // The handler's line has come below ours, which stay.
  if (std::exchange(signal_, signal) != signal) open_lines_ = 0;
  const int lines = std::exchange(open_lines_, 0);
  if (lines == 0) return "";
  return (lines > 1 ? "\x1b[" + std::to_string(lines - 1) + "A" : "") + "\r\x1b[J";
}

// Whether to show this one; keeps the stage's clock.
bool Reporter::due(const Progress& progress, Clock::time_point now) {
  const bool last = progress.done >= progress.total;
  // Decoding and encoding go on side by side: the encoder is shown when it alone is left.
  if (progress.stage == Stage::kDecode) decoded_ = last;
  if (progress.stage == Stage::kEncode && !decoded_) return false;
  // Loading begins anew for each part of the model.
  if (!began_ || progress.stage != stage_ || progress.done < last_done_) {
    began_ = true;
    stage_ = progress.stage;
    stage_start_ = now;
    last_shown_ = now;
    first_done_ = progress.done;
    last_done_ = progress.done;
    if (mode_ != Mode::kPlain) return true;
    return progress.stage != Stage::kLoad && progress.stage != Stage::kText;
  }
  last_done_ = progress.done;
  const auto pause = mode_ == Mode::kPlain ? milliseconds(seconds(10)) : milliseconds(100);
  const bool every_step = mode_ == Mode::kJson && progress.stage == Stage::kDenoise;
  return last || every_step || now - last_shown_ >= pause;
}

double Reporter::seconds_left(const Progress& progress, Clock::time_point now) const {
  const auto done = static_cast<double>(progress.done - first_done_);
  const double elapsed = seconds_between(stage_start_, now);
  if (done <= 0 || elapsed < kTooEarly_s) return -1;
  return elapsed / done * static_cast<double>(progress.total - progress.done);
}

std::string Reporter::describe(const Progress& progress, Clock::time_point now,
                               const BatchView& batch) const {
  std::string text = (batch.id.empty() ? "" : batch.id + ": ") + verb(progress.stage);
  if (progress.stage == Stage::kLoad || progress.stage == Stage::kConvert) {
    text += " " + human_bytes(progress.done) + " of " + human_bytes(progress.total);
  } else {
    text += std::string(unit(progress.stage)) + " " + std::to_string(progress.done) + "/" +
            std::to_string(progress.total);
  }
  const auto done = static_cast<double>(progress.done - first_done_);
  if (progress.stage == Stage::kDenoise && done > 0) {
    text += "  " + fixed(seconds_between(stage_start_, now) / done, 2) + " s/it";
  }
  const double left = batch.seconds_left.value_or(seconds_left(progress, now));
  if (left > 0) text += "  " + human_duration(left) + " left";
  return text;
}

Json Reporter::event_of(const Progress& progress, Clock::time_point now,
                        const BatchView& batch) const {
  Json json;
  if (!batch.id.empty()) json.set("id", batch.id);
  json.set("stage", stage_name(progress.stage));
  json.set("done", progress.done);
  json.set("total", progress.total);
  json.set("elapsed_s", seconds_between(stage_start_, now));
  if (const double left = seconds_left(progress, now); left >= 0) json.set("eta_s", left);
  if (batch.seconds_left) json.set("clip_eta_s", *batch.seconds_left);
  return json;
}

void Reporter::warn(const std::string& message) {
  const std::lock_guard lock(mutex_);
  if (mode_ == Mode::kJson) {
    event("warning", Json(Json::Object{{"message", escaped(message)}}));
  } else {
    print_line("zoetrope: warning: " + message);
  }
}

void Reporter::note(const std::string& message) {
  const std::lock_guard lock(mutex_);
  if (mode_ == Mode::kJson) {
    event("note", Json(Json::Object{{"message", escaped(message)}}));
  } else if (mode_ != Mode::kNone) {
    print_line(message);
  }
}

void Reporter::seed(std::int64_t seed) {
  const std::lock_guard lock(mutex_);
  if (mode_ == Mode::kJson) {
    event("seed", Json(Json::Object{{"seed", seed}}));
  } else {
    print_line("seed " + std::to_string(seed));
  }
}

void Reporter::error(int code, const std::string& message,
                     const std::vector<std::string>& details) {
  const std::lock_guard lock(mutex_);
  if (mode_ == Mode::kJson) {
    Json json(Json::Object{{"code", code}, {"message", escaped(message)}});
    Json list{Json::Array{}};
    for (const std::string& detail : details) list.append(escaped(detail));
    if (!details.empty()) json.set("details", std::move(list));
    event("error", std::move(json));
  } else {
    print_line("zoetrope: error: " + message);
    for (const std::string& detail : details) print_line(detail);
  }
}

void Reporter::job(const char* event_name, Json members, const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  if (mode_ == Mode::kJson) {
    event(event_name, std::move(members));
  } else if (mode_ != Mode::kNone && !sentence.empty()) {
    print_line(sentence);
  }
}

void Reporter::finished(Json members, const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  if (mode_ == Mode::kJson) {
    event("finished", std::move(members));
  } else if (mode_ != Mode::kNone) {
    print_line(sentence);
  }
}

// One write a line, so that lines of several processes don't mix.
void Reporter::print_line(const std::string& text) {
  print_error_text(cleared() + escaped(text) + "\n");
}

void Reporter::event(const char* name, Json members) {
  Json json;
  json.set("event", name);
  if (members.is_object()) {
    for (auto& [member, value] : members.as_object("")) json.set(member, value);
  }
  print_error_text(json.dump() + "\n");
}

}  // namespace zoetrope::cli
