#include "batch/job_maker.h"

#include <algorithm>
#include <cctype>
#include <tuple>
#include <type_traits>

#include "batch/job_names.h"
#include "core/option_values.h"
#include "core/quote.h"

namespace zoetrope::batch {
namespace {

namespace fs = std::filesystem;

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

const JobField* find_field(const JobDraft& draft, std::string_view name) {
  const auto found = std::find_if(draft.fields.begin(), draft.fields.end(),
                                  [&](const JobField& field) { return field.key->name == name; });
  return found == draft.fields.end() ? nullptr : &*found;
}

}  // namespace

struct JobMaker::Clip {
  int line = 0;
  BatchJob job;           // its id and path are those of the draft, may be empty
  double duration_s = 0;  // > 0: decides the number of frames
  std::string output;     // as the draft names it; empty: made from the id
  std::string extension;  // of the clip's name
  StillSums stills;
  std::vector<std::int64_t> seeds;  // none: one, made from the id
  bool good = true;
};

JobMaker::JobMaker(const fs::path& folder, const JobDefaults& defaults,
                   const PromptFileOptions& options, PromptFaults& faults)
    : folder_(folder),
      defaults_(defaults),
      options_(options),
      faults_(faults),
      stills_(options.confine) {
  const GenerationRequest& request = defaults.request;
  for (const auto& [key, path] :
       {std::pair("image", request.image), std::pair("last_image", request.last_image)}) {
    const std::string fault = path.empty() ? "" : stills_.find({}, path).fault;
    if (!fault.empty()) {
      throw Error(ErrorCode::kUsage, std::string(key) + ": " + in_quotes(path) + ": " + fault);
    }
  }
  const std::string fault =
      targets_.fault_of(defaults.video, targets_.extension_of(defaults.video));
  if (!fault.empty()) throw Error(ErrorCode::kUsage, fault);
}

void JobMaker::fault(Clip& clip, const std::string& what) {
  clip.good = false;
  faults_.add(clip.line, what);
}

bool JobMaker::add(const JobDraft& draft) {
  Clip clip;
  clip.line = draft.line;
  clip.job = {"", defaults_.request, defaults_.video, draft.line};
  clip.duration_s = defaults_.duration_s;
  if (defaults_.request.seed >= 0) clip.seeds = {defaults_.request.seed};
  clip.job.request.seed = -1;
  for (const JobField& field : draft.fields) {
    if (!field.text) {
      clip.good = false;
      continue;
    }
    try {
      set(*field.key, *field.text, clip);
    } catch (const Error& error) {
      fault(clip, in_quotes(field.written) + ": " + error.what());
    }
  }
  check_pairs(draft, clip);
  find_stills(draft, clip);
  check_target(clip);
  decide_frames(draft, clip);
  return add_jobs(clip);
}

void JobMaker::set(const JobKey& key, const std::string& text, Clip& clip) {
  const auto refuse_if = [](const std::string& fault) {
    if (!fault.empty()) throw Error(ErrorCode::kUsage, fault);
  };
  if (text.find('\0') != std::string::npos) refuse_if("contains a NUL character");
  if (key.name == "id") {
    refuse_if(fault_of_id(text));
    clip.job.id = text;
  } else if (key.name == "output") {
    refuse_if(fault_of_output(text));
    clip.output = text;
  } else if (key.name == "size") {
    std::tie(clip.job.request.width, clip.job.request.height) = read_size(text);
  } else if (key.name == "duration") {
    clip.duration_s = read_duration(text);
  } else if (key.kind == ValueKind::kSeeds) {
    clip.seeds = read_seeds(text);
  } else {
    const auto read = [&](const char* name, auto& member, const char*) {
      if (key.name == name) read_option(limits_of(name), text, member);
    };
    visit_request(clip.job.request, read);
    visit_encoding(clip.job.video, read);
  }
}

// Keys that say the same thing, and the one that has to be there.
void JobMaker::check_pairs(const JobDraft& draft, Clip& clip) {
  constexpr std::pair<const char*, const char*> kPairs[] = {
      {"size", "width"}, {"size", "height"}, {"duration", "num_frames"}, {"seeds", "seed"}};
  for (const auto& [one, other] : kPairs) {
    if (find_field(draft, one) == nullptr || find_field(draft, other) == nullptr) continue;
    fault(clip, std::string(one) + " and " + other + " are both given (expected one of them)");
  }
  if (find_field(draft, "prompt") == nullptr && clip.job.request.prompt.empty()) {
    fault(clip, "prompt: missing");
  }
}

void JobMaker::find_stills(const JobDraft& draft, Clip& clip) {
  const auto find = [&](const char* key, std::string& path, std::string& sum) {
    if (path.empty()) return;
    const bool own = find_field(draft, key) != nullptr;
    const FoundStill& still = stills_.find(own ? folder_ : fs::path(), path);
    if (!still.fault.empty())
      fault(clip, std::string(key) + ": " + in_quotes(path) + ": " + still.fault);
    path = still.path;
    sum = still.sha256;
  };
  find("image", clip.job.request.image, clip.stills.image);
  find("last_image", clip.job.request.last_image, clip.stills.last_image);
}

void JobMaker::check_target(Clip& clip) {
  clip.extension = clip.output.empty() ? targets_.extension_of(clip.job.video)
                                       : in_lower_case(fs::path(clip.output).extension().string());
  std::string wrong = targets_.fault_of(clip.job.video, clip.extension);
  if (wrong.empty() && clip.extension == ".png") wrong = fault_of_pattern(clip.output);
  if (!wrong.empty()) fault(clip, wrong);
}

// A job's own number of frames goes before a length that is everybody's.
void JobMaker::decide_frames(const JobDraft& draft, Clip& clip) {
  if (clip.duration_s <= 0 || find_field(draft, "num_frames") != nullptr) return;
  const GenerationRequest& request = clip.job.request;
  const Rational fps = request.fps.given() ? request.fps : options_.fps;
  if (!fps.given()) {
    fault(clip, "duration: the frame rate is not known (expected fps)");
    return;
  }
  const int frames = frames_of(clip.duration_s, fps, options_.frame_multiple);
  const OptionLimits limits = limits_of("num_frames");
  if (frames > limits.high) {
    fault(clip, "duration: makes " + std::to_string(frames) + " frames (at most " +
                    shortest(limits.high) + ")");
    return;
  }
  clip.job.request.num_frames = frames;
}

bool JobMaker::add_jobs(Clip& clip) {
  if (!clip.good) {
    // Its names still count, so that those who repeat them are told now.
    if (clip.seeds.size() > 1) return true;
    if (!clip.job.id.empty()) (void)is_new(ids_, clip.job.id, clip, "the id");
    if (!clip.output.empty()) (void)is_new(outputs_, clip.output, clip, "the output");
    return true;
  }
  if (!has_room(clip)) return false;
  if (clip.seeds.empty()) {
    add_job(clip, -1, "");
  } else {
    for (const std::int64_t seed : clip.seeds) {
      add_job(clip, seed, clip.seeds.size() > 1 ? "-" + std::to_string(seed) : "");
    }
  }
  return true;
}

void JobMaker::add_job(Clip& clip, std::int64_t seed, const std::string& suffix) {
  BatchJob job = clip.job;
  job.request.seed = seed;
  const bool named = !job.id.empty();
  const std::string output = clip.output.empty() ? "" : with_suffix(clip.output, suffix);
  job.id = named ? job.id + suffix : hash_of(job, clip.stills, output);
  if (!is_new(ids_, job.id, clip, named ? "the id" : "without an id of its own, the same job"))
    return;
  if (seed < 0) job.request.seed = seed_of(job.id);
  const std::string name = output.empty() ? job.id + clip.extension : output;
  if (!is_new(outputs_, name, clip, "the output")) return;
  job.video.path = options_.output_dir / name;
  jobs_.push_back(std::move(job));
}

bool JobMaker::has_room(Clip& clip) {
  const std::size_t jobs = std::max<std::size_t>(1, clip.seeds.size());
  if (jobs_.size() + jobs > static_cast<std::size_t>(kMaxJobs)) {
    fault(clip, "more than " + std::to_string(kMaxJobs) + " jobs in all; the rest was not read");
    return false;
  }
  std::size_t bytes = 0;
  visit_request(clip.job.request, [&](const char*, const auto& member, const char*) {
    if constexpr (std::is_same_v<std::decay_t<decltype(member)>, std::string>) {
      bytes += member.size();
    }
  });
  text_bytes_ += static_cast<std::int64_t>(bytes * jobs);
  if (text_bytes_ <= kMaxJobTextBytes) return true;
  fault(clip, "the texts of all jobs take more than " + std::to_string(kMaxJobTextBytes) +
                  " bytes; the rest was not read");
  return false;
}

// Names are compared without case, for file systems that do so.
bool JobMaker::is_new(std::unordered_map<std::string, int>& seen, const std::string& name,
                      Clip& clip, const std::string& what) {
  const auto [known, inserted] = seen.emplace(in_lower_case(name), clip.line);
  if (inserted) return true;
  fault(clip, what + " " + in_quotes(name) + " is that of line " + std::to_string(known->second) +
                  " (expected another prompt, seed, id or output)");
  return false;
}

}  // namespace zoetrope::batch
