#include "batch/job_keys.h"

#include <algorithm>
#include <cstdint>

#include "core/option_names.h"
#include "zoetrope/request.h"
#include "zoetrope/video_file.h"

namespace zoetrope::batch {
namespace {

ValueKind kind_of(const std::string&) { return ValueKind::kText; }
ValueKind kind_of(const int&) { return ValueKind::kWhole; }
ValueKind kind_of(const std::int64_t&) { return ValueKind::kSeeds; }  // the seed alone
ValueKind kind_of(const double&) { return ValueKind::kReal; }
ValueKind kind_of(const Rational&) { return ValueKind::kRate; }
ValueKind kind_of(const bool&) { return ValueKind::kSwitch; }

std::vector<JobKey> all_keys() {
  std::vector<JobKey> keys = {{"id", ValueKind::kText},
                              {"output", ValueKind::kText},
                              {"size", ValueKind::kText},
                              {"duration", ValueKind::kReal},
                              {"seeds", ValueKind::kSeeds}};
  const auto add = [&](const char* key, const auto& member, const char*) {
    keys.push_back({key, kind_of(member)});
  };
  const GenerationRequest request;
  const VideoFileOptions video;
  visit_request(request, add);
  visit_encoding(video, add);
  return keys;
}

}  // namespace

const std::vector<JobKey>& job_keys() {
  static const std::vector<JobKey> keys = all_keys();
  return keys;
}

const JobKey* find_job_key(std::string_view written) {
  const std::string name = key_of(written);
  const auto& keys = job_keys();
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const JobKey& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

std::string unknown_key(const std::string& written) {
  std::vector<std::string> known;
  for (const JobKey& key : job_keys()) known.push_back(key.name);
  const std::string nearest = nearest_name(key_of(written), known);
  return "unknown key" + (nearest.empty() ? "" : " (nearest known key: " + nearest + ")");
}

}  // namespace zoetrope::batch
