#include "batch/report.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "batch/claim.h"
#include "batch/job_record.h"
#include "batch/journal.h"
#include "core/files.h"

namespace zoetrope::batch {
namespace {

namespace fs = std::filesystem;

constexpr int kMostPictures = 1000;  // of some 30 KB, in a page that is to open at once
constexpr std::uint64_t kMostPictureBytes = 4 << 20;

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Zoetrope batch</title>
<meta name="viewport" content="width=device-width">
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ccc; padding: .5em; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td { overflow-wrap: anywhere; }
td.prompt { white-space: pre-wrap; }
img { display: block; width: 480px; max-width: 100%; }
.failed { color: #a00; }
@media (max-width: 48em) {
  table, tbody, tr, td { display: block; }
  th { display: none; }
  td { border: 0; padding: .1em 0; }
  td.number { text-align: left; }
  tr { border-bottom: 1px solid #ccc; padding: .5em 0; }
}
</style></head><body>
)";

// What the journals say of a job; later records replace earlier ones.
struct History {
  double seconds = 0;
  int done = 0;
  std::string failure;
};

std::map<std::string, History> histories(const fs::path& records) {
  std::map<std::string, History> result;
  for (const Json& record : read_journals(records)) {
    const Json* id = record.find("id");
    const Json* event = record.find("event");
    if (id == nullptr || event == nullptr || !id->is_string() || !event->is_string()) continue;
    History& history = result[id->as_string("")];
    const std::string& what = event->as_string("");
    const Json* seconds = record.find("seconds");
    const Json* message = record.find("message");
    if (what == "done" && seconds != nullptr && seconds->is_number()) {
      history.seconds = seconds->as_number("");
      ++history.done;
    } else if (what == "failed" && message != nullptr && message->is_string()) {
      history.failure = message->as_string("");
    }
  }
  return result;
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char letter : text) {
    switch (letter) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += letter;
    }
  }
  return safe;
}

// A relative link: what has a meaning in addresses is written as its number.
std::string link_to(const fs::path& path, const fs::path& folder) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string link = "./";
  for (const char letter : path.lexically_proximate(folder).string()) {
    const auto byte = static_cast<unsigned char>(letter);
    if (kPlain.find(letter) != std::string_view::npos) {
      link += letter;
    } else {
      link += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return link;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    unsigned group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += at + i <= bytes.size() ? kDigits[group >> (18 - 6 * i) & 63] : '=';
    }
  }
  return text;
}

std::string picture_of(const BatchJob& job, const fs::path& records) {
  try {
    return "<img alt=\"frames\" src=\"data:image/png;base64," +
           base64(read_text_file(records / (job.id + ".png"), kMostPictureBytes)) + "\">";
  } catch (const Error&) {
    return "";  // none was made
  }
}

std::string seconds_text(double seconds) {
  const auto tenths = static_cast<std::int64_t>(seconds * 10 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string row_of(const BatchJob& job, const History& history, bool with_picture,
                   const BatchOptions& options) {
  const fs::path records = records_of(options.output_dir);
  const bool done = has_end(job, records);
  std::string row = "<tr><td>" + escaped(job.id) + "</td><td class=\"prompt\">" +
                    escaped(job.request.prompt) + "</td><td class=\"number\">" +
                    std::to_string(job.request.seed) + "</td><td class=\"number\">" +
                    (history.done > 0 ? seconds_text(history.seconds) : "") + "</td><td>";
  if (done) {
    row += "<a href=\"" + link_to(job.video.path, options.output_dir) + "\">" +
           escaped(job.video.path.filename().string()) + "</a>" +
           (with_picture ? picture_of(job, records) : "");
  } else if (!history.failure.empty()) {
    row += "<span class=\"failed\">" + escaped(history.failure) + "</span>";
  } else {
    row += "not made yet";
  }
  return row + "</td></tr>\n";
}

}  // namespace

void write_report(const std::vector<ResolvedJob>& jobs, const BatchOptions& options) {
  const fs::path records = records_of(options.output_dir);
  const auto known = histories(records);
  int done = 0, failed = 0, pictures = 0;
  std::string rows;
  for (const ResolvedJob& resolved : jobs) {
    const BatchJob& job = *resolved.job;
    const auto found = known.find(job.id);
    const History history = found == known.end() ? History() : found->second;
    const bool whole = has_end(job, records);
    done += whole ? 1 : 0;
    failed += !whole && !history.failure.empty() ? 1 : 0;
    rows += row_of(job, history, ++pictures <= kMostPictures, options);
  }
  // Workers that end together write one after the other. No job can have this name.
  Claims claims(records, std::chrono::duration<double>(options.stale_minutes * 60));
  std::unique_ptr<Claim> turn;
  while (!(turn = claims.take("+report")))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  AtomicFile file(options.output_dir / "report.html");
  file.write(kHead);
  file.write("<h1>" + std::to_string(done) + " of " + std::to_string(jobs.size()) + " clips" +
             (failed > 0 ? ", " + std::to_string(failed) + " failed" : "") + "</h1>\n<table>\n" +
             "<tr><th>job</th><th>prompt</th><th>seed</th><th>time</th><th>clip</th></tr>\n");
  file.write(rows);
  file.write("</table></body></html>\n");
  file.commit();
}

}  // namespace zoetrope::batch
