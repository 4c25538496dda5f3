#include <algorithm>
#include <optional>

#include <unistd.h>

#include "media/part_file.h"
#include "media/target.h"
#include "zoetrope/error.h"

namespace zoetrope::media {
namespace {

// A name with one %0Nd.
class Pattern {
 public:
  explicit Pattern(const std::filesystem::path& path) : folder_(path.parent_path()) {
    const std::string name = path.filename().string();
    const std::size_t percent = name.find('%');
    const bool one = percent != name.npos && name.find('%', percent + 1) == name.npos;
    if (!one || name.size() < percent + 4 || name[percent + 1] != '0' || name[percent + 2] < '1' ||
        name[percent + 2] > '9' || name[percent + 3] != 'd') {
      throw Error(ErrorCode::kUsage, "write " + path.string() +
                                         ": a sequence of frames needs one %0Nd in its name, as "
                                         "in frames/%05d.png");
    }
    before_ = name.substr(0, percent);
    after_ = name.substr(percent + 4);
    digits_ = static_cast<std::size_t>(name[percent + 2] - '0');
  }

  std::filesystem::path name_of(std::int64_t number) const {
    std::string text = std::to_string(number);
    if (text.size() < digits_) text.insert(0, digits_ - text.size(), '0');
    return folder_ / (before_ + text + after_);
  }

 private:
  std::filesystem::path folder_;
  std::string before_, after_;
  std::size_t digits_ = 0;
};

class SequenceTarget : public Target {
 public:
  SequenceTarget(const VideoFileOptions& options, const VideoFormat& format,
                 const CodecChoice& choice)
      : options_(options),
        pattern_(options.path),
        encoder_name_(choice.encoder->name),
        lock_(std::in_place, options.path.string() + ".part", options.path),
        encoder_({choice, format, /*global_header=*/false, /*anonymous=*/false,
                  "write " + options.path.string()}) {}
  ~SequenceTarget() override;
  std::int64_t encode(FramePtr frame) override;
  ClipFacts complete(const Options& tags) override;
  void publish() override;
  void settle() override { settled_ = true; }

 private:
  std::filesystem::path part_of(std::int64_t number) const {
    return pattern_.name_of(number).string() + ".part";
  }

  VideoFileOptions options_;
  Pattern pattern_;
  const char* encoder_name_;
  std::optional<PartFile> lock_;  // stays empty: it keeps a second process off the same names
  Encoder encoder_;
  std::int64_t written_ = 0;    // frames under their .part name, of which
  std::int64_t published_ = 0;  // this many have their own name by now
  std::uint64_t bytes_ = 0;
  bool settled_ = false;
};

SequenceTarget::~SequenceTarget() {
  if (settled_) return;
  for (std::int64_t number = 1; number <= written_; ++number) {
    ::unlink((number <= published_ ? pattern_.name_of(number) : part_of(number)).c_str());
  }
}

std::int64_t SequenceTarget::encode(FramePtr frame) {
  encoder_.encode(frame.get(), [this](AVPacket* packet) {
    PartFile file(part_of(written_ + 1), pattern_.name_of(written_ + 1));
    file.write(packet->data, static_cast<std::size_t>(packet->size));
    file.keep();
    ++written_;
    bytes_ += static_cast<std::uint64_t>(packet->size);
    av_packet_unref(packet);
  });
  return written_;
}

// Each frame was synced when it was written.
ClipFacts SequenceTarget::complete(const Options& /*tags*/) { return {bytes_, "", encoder_name_}; }

void SequenceTarget::publish() {
  for (std::int64_t number = 1; number <= written_; ++number) {
    move_into_place(part_of(number), pattern_.name_of(number), options_.overwrite);
    published_ = number;
  }
  lock_.reset();
  sync_path(folder_of(options_.path));
}

}  // namespace

std::unique_ptr<Target> open_sequence_target(const VideoFileOptions& options,
                                             const VideoFormat& format, const CodecChoice& choice) {
  const Pattern pattern(options.path);
  for (std::int64_t number = 1; number <= std::max<std::int64_t>(options.frames, 1); ++number) {
    require_absent(pattern.name_of(number), options.overwrite);
  }
  return std::make_unique<SequenceTarget>(options, format, choice);
}

}  // namespace zoetrope::media
