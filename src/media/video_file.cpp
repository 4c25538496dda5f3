#include "zoetrope/video_file.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <mutex>
#include <optional>

#include <unistd.h>

#include "core/check.h"
#include "core/json.h"
#include "media/containers.h"
#include "media/encoder_thread.h"
#include "media/part_file.h"
#include "media/pixel.h"
#include "media/target.h"
#include "zoetrope/error.h"
#include "zoetrope/version.h"

namespace zoetrope {
namespace media {
namespace {

constexpr int kMaxSide = 16384;

std::filesystem::path sidecar_of(const std::filesystem::path& path) {
  return path.string() + ".json";
}

// The recipe twice: `parameters` is where tools look for it, `comment` is what players show.
Options tags_of(const Recipe& recipe) {
  Options tags;
  if (!recipe.json.empty()) tags = {{"parameters", recipe.json}, {"comment", recipe.json}};
  for (const auto& tag : recipe.tags) {
    if (tag.first == "prompt" || tag.first == "seed") tags.push_back(tag);
  }
  tags.emplace_back("software", std::string("Zoetrope ") + kVersion);
  return tags;
}

std::string sidecar_text(const std::filesystem::path& path, const Recipe& recipe,
                         const ClipFacts& facts, std::int64_t frames) {
  Json file;
  file.set("name", path.filename().string());
  file.set("bytes", facts.bytes);
  if (!facts.sha256.empty()) file.set("sha256", facts.sha256);
  file.set("frames", frames);
  file.set("encoder", facts.encoder);
  Json sidecar;
  sidecar.set("recipe", recipe.json.empty() ? Json() : Json::parse(recipe.json, "the recipe"));
  sidecar.set("file", std::move(file));
  return sidecar.dump(2) + "\n";
}

class EncodedFile : public VideoFile {
 public:
  EncodedFile(const VideoFileOptions& options, const VideoFormat& format,
              AVPixelFormat pixel_format, std::unique_ptr<Target> target)
      : options_(options),
        format_(format),
        pixel_format_(pixel_format),
        target_(std::move(target)),
        thread_(
            std::make_unique<EncoderThread>([this](FramePtr frame) { encode(std::move(frame)); })) {
  }

  void set_recipe(const Recipe& recipe) override { recipe_ = recipe; }
  void on_encoded(std::function<void(std::int64_t)> callback) override;
  void write(const FrameView& chunk) override;
  void finish() override;

 private:
  void encode(FramePtr frame);
  void put_in_place(const ClipFacts& facts);
  void abandon();

  const VideoFileOptions options_;
  const VideoFormat format_;
  const AVPixelFormat pixel_format_;
  Recipe recipe_;
  std::int64_t frames_ = 0;
  std::mutex mutex_;  // guards callback_
  std::function<void(std::int64_t)> callback_;
  std::unique_ptr<Target> target_;
  std::unique_ptr<EncoderThread> thread_;  // last: ends before what it uses goes
};

void EncodedFile::on_encoded(std::function<void(std::int64_t)> callback) {
  const std::lock_guard lock(mutex_);
  callback_ = std::move(callback);
}

void EncodedFile::encode(FramePtr frame) {
  const std::int64_t encoded = target_->encode(std::move(frame));
  const std::lock_guard lock(mutex_);
  if (callback_) callback_(encoded);
}

void EncodedFile::write(const FrameView& chunk) {
  ZOETROPE_CHECK(thread_ != nullptr);
  ZOETROPE_CHECK(chunk.width == format_.width && chunk.height == format_.height);
  ZOETROPE_CHECK(chunk.frames >= 0 && (chunk.frames == 0 || chunk.data != nullptr));
  const std::int64_t frame_values = std::int64_t{3} * chunk.width * chunk.height;
  try {
    for (std::int64_t i = 0; i < chunk.frames; ++i) {
      thread_->push(
          to_frame(chunk.data + i * frame_values, chunk.width, chunk.height, pixel_format_));
      ++frames_;
    }
  } catch (...) {
    abandon();
    throw;
  }
}

void EncodedFile::finish() {
  ZOETROPE_CHECK(thread_ != nullptr);
  try {
    ZOETROPE_CHECK(frames_ > 0);
    thread_->finish();
    const ClipFacts facts = target_->complete(options_.metadata ? tags_of(recipe_) : Options());
    put_in_place(facts);
    abandon();
  } catch (...) {
    abandon();
    throw;
  }
}

// The clip with its sidecar, or neither.
void EncodedFile::put_in_place(const ClipFacts& facts) {
  const std::filesystem::path path = sidecar_of(options_.path);
  std::optional<AtomicFile> sidecar;
  if (options_.metadata) {
    sidecar.emplace(path);
    sidecar->write(sidecar_text(options_.path, recipe_, facts, frames_));
    sidecar->seal();  // a full disk is noticed while the clip is not in its place yet
  }
  // A sidecar says that its clip is whole: an old one must not vouch for the new clip.
  if (options_.overwrite && ::unlink(path.c_str()) != 0 && errno != ENOENT) {
    throw Error(ErrorCode::kResource, "replace " + path.string() + ": " + std::strerror(errno));
  }
  target_->publish();
  // Last: where there is a sidecar, no .part is left.
  try {
    if (sidecar) sidecar->commit();
  } catch (...) {
    ::unlink(path.c_str());  // it is there if only the folder could not be synced
    throw;
  }
  target_->settle();
}

void EncodedFile::abandon() {
  thread_.reset();
  target_.reset();
}

void require_sane(const VideoFileOptions& options, const VideoFormat& format) {
  const std::string attempt = "write " + options.path.string() + ": ";
  const auto fits = [](int side) { return side >= 1 && side <= kMaxSide; };
  if (!fits(format.width) || !fits(format.height)) {
    throw Error(ErrorCode::kUsage, attempt + "frames of " + std::to_string(format.width) + "x" +
                                       std::to_string(format.height) + " (1 to " +
                                       std::to_string(kMaxSide) + " a side)");
  }
  const Rational fps = format.fps;
  if (fps.num <= 0 || fps.den <= 0 || fps.num > 1'000'000 || fps.den > 1'000'000 ||
      fps.value() > 1000) {
    throw Error(ErrorCode::kUsage,
                attempt + "a rate of " + to_string(fps) + " frames per second (above 0, to 1000)");
  }
  if (std::string_view(container_of(options.path).extension) == ".gif" && fps.value() > 50) {
    throw Error(ErrorCode::kUsage, attempt + "a rate of " + to_string(fps) +
                                       " frames per second (players slow GIF down above 50)");
  }
}

// The estimate is for a hard clip, and twice: the .part and its final copy exist together.
void require_space(const VideoFileOptions& options, const VideoFormat& format,
                   const CodecChoice& choice) {
  const std::filesystem::path folder = folder_of(options.path);
  const std::string attempt = "write " + options.path.string() + ": ";
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    throw Error(ErrorCode::kResource, attempt + "there is no folder " + folder.string());
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorCode::kResource,
                attempt + "can't write into " + folder.string() + ": " + std::strerror(errno));
  }
  const double pixels = static_cast<double>(format.width) * format.height;
  const double needed =
      2 * pixels * static_cast<double>(options.frames) * choice.codec->bytes_per_pixel;
  const double free = static_cast<double>(free_bytes(folder));
  if (free >= needed) return;
  const auto megabytes = [](double bytes) { return std::to_string(std::llround(bytes / 1e6)); };
  throw Error(ErrorCode::kResource,
              attempt + "only " + megabytes(free) + " MB are free in " + folder.string() + " (" +
                  std::to_string(options.frames) + " frames of " + std::to_string(format.width) +
                  "x" + std::to_string(format.height) + " as " + choice.codec->name + " may need " +
                  megabytes(needed) + " MB)");
}

}  // namespace

void require_absent(const std::filesystem::path& path, bool overwrite) {
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(path, ignored);
  if (status.type() == std::filesystem::file_type::not_found) return;
  if (overwrite && status.type() == std::filesystem::file_type::regular) return;
  throw Error(ErrorCode::kUsage,
              "write " + path.string() + ": it exists" +
                  (overwrite ? " and is not a regular file" : " (overwrite replaces it)"));
}

}  // namespace media

std::unique_ptr<VideoFile> open_video_file(const VideoFileOptions& options,
                                           const VideoFormat& format) {
  media::silence_av();
  const media::Container& container = media::container_of(options.path);
  media::require_sane(options, format);
  const media::CodecChoice choice = media::choose_codec(options, format);
  media::require_space(options, format, choice);
  if (options.metadata) {
    media::require_absent(media::sidecar_of(options.path), options.overwrite);
  }
  auto target = container.muxer == nullptr ? media::open_sequence_target(options, format, choice)
                                           : media::open_video_target(options, format, choice);
  return std::make_unique<media::EncodedFile>(options, format, choice.pixel_format,
                                              std::move(target));
}

std::vector<EncoderInfo> list_encoders() {
  media::silence_av();
  std::vector<EncoderInfo> encoders;
  for (const media::Codec& codec : media::codecs()) {
    const auto [candidate, encoder] = media::find_encoder(codec);
    encoders.push_back({codec.name, encoder == nullptr ? "" : encoder->name,
                        media::extensions_for(codec.name), codec.ten_bit != AV_PIX_FMT_NONE});
  }
  return encoders;
}

}  // namespace zoetrope
