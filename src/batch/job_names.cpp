#include "batch/job_names.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <map>

#include "core/json.h"
#include "core/option_values.h"
#include "core/quote.h"
#include "core/sha256.h"
#include "zoetrope/prompt_file.h"

namespace zoetrope::batch {
namespace {

constexpr std::size_t kMostIdBytes = 100;
constexpr std::size_t kMostNameBytes = 150;  // .part and other names are made from it
constexpr std::int64_t kHighestSeed = std::numeric_limits<std::int64_t>::max();

Json to_json(const Rational& rate) { return to_string(rate); }
template <typename Value>
Json to_json(const Value& value) {
  return Json(value);
}

bool may_be_in_id(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '-' || letter == '_' ||
         letter == '.';
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Appends the seeds of "7" or "1..8".
void read_range(const std::string& text, std::vector<std::int64_t>& seeds) {
  const std::size_t dots = text.find("..");
  const std::int64_t first = read_whole(trimmed(text.substr(0, dots)), 0, kHighestSeed);
  const std::int64_t last = dots == std::string::npos
                                ? first
                                : read_whole(trimmed(text.substr(dots + 2)), first, kHighestSeed);
  if (last - first >= kMaxJobs - static_cast<std::int64_t>(seeds.size())) {
    throw Error(ErrorCode::kUsage,
                in_quotes(text) + " makes more than " + std::to_string(kMaxJobs) + " seeds");
  }
  for (std::int64_t i = 0; i <= last - first; ++i) seeds.push_back(first + i);
}

// Members that say something: those of a job that says nothing are left out, so that a new option
// changes no hash.
template <typename Options>
void add_members(const Options& options, std::map<std::string, Json>& members,
                 const auto& visit_options) {
  const Options silent;
  visit_options(silent, [&](const char* key, const auto& member, const char*) {
    members.emplace(key, to_json(member));
  });
  visit_options(options, [&](const char* key, const auto& member, const char*) {
    Json value = to_json(member);
    if (members.at(key).dump() == value.dump()) {
      members.erase(key);
    } else {
      members.at(key) = std::move(value);
    }
  });
}

}  // namespace

std::string fault_of_id(const std::string& id) {
  if (id.empty() || id.size() > kMostIdBytes || id.front() == '.' || id.front() == '-' ||
      !std::all_of(id.begin(), id.end(), may_be_in_id)) {
    return in_quotes(id) +
           " can't name files (expected 1 to 100 of A-Z a-z 0-9 - _ . and a letter, digit or _ "
           "first)";
  }
  return "";
}

std::string fault_of_output(const std::string& name) {
  if (name.empty() || name.size() > kMostNameBytes || name.front() == '.' || name.front() == '-' ||
      name.find('/') != std::string::npos || has_control_character(name)) {
    return in_quotes(name) +
           " is no plain file name (expected one in the output folder, without folders, of at "
           "most 150 bytes)";
  }
  return "";
}

std::string with_suffix(const std::string& name, const std::string& suffix) {
  const std::size_t pattern = name.find('%');
  if (pattern != std::string::npos) {
    return name.substr(0, pattern) + suffix + "-" + name.substr(pattern);
  }
  const std::size_t point = std::min(name.rfind('.'), name.size());
  return name.substr(0, point) + suffix + name.substr(point);
}

std::string hash_of(const BatchJob& job, const StillSums& stills, const std::string& output) {
  std::map<std::string, Json> members;  // in the order of their keys
  add_members(job.request, members,
              [](const auto& options, const auto& visit) { visit_request(options, visit); });
  add_members(job.video, members,
              [](const auto& options, const auto& visit) { visit_encoding(options, visit); });
  for (const auto& [key, sum] :
       {std::pair("image", stills.image), std::pair("last_image", stills.last_image)}) {
    if (members.erase(key) > 0) members.emplace(std::string(key) + "_sha256", sum);
  }
  if (!output.empty()) members.emplace("output", output);
  Json json;
  for (auto& [key, value] : members) json.set(key, std::move(value));
  return sha256_of(json.dump()).substr(0, 12);
}

std::int64_t seed_of(const std::string& id) {
  return std::stoll(sha256_of(id).substr(0, 8), nullptr, 16);
}

std::vector<std::int64_t> read_seeds(const std::string& text) {
  std::vector<std::int64_t> seeds;
  if (trimmed(text) == "-1") return seeds;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    read_range(text.substr(at, end - at), seeds);
    at = end + 1;
  }
  return seeds;
}

}  // namespace zoetrope::batch
