#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "media/av.h"

namespace zoetrope::media {

/// Runs an encoder beside the caller, who waits once `kMaxQueued` frames are behind. What the
/// encoder throws comes out of the caller's next push or of finish.
class EncoderThread {
 public:
  static constexpr std::size_t kMaxQueued = 8;

  /// consume: called on the thread with each frame in order, then once with null.
  explicit EncoderThread(std::function<void(FramePtr)> consume);
  EncoderThread(const EncoderThread&) = delete;
  EncoderThread& operator=(const EncoderThread&) = delete;

  /// Drops the frames that wait and joins after the one being encoded.
  ~EncoderThread();

  void push(FramePtr frame);

  /// Returns when everything is encoded and the thread has ended.
  void finish();

 private:
  enum class State { kRunning, kEnding, kAbandoned };

  void run();
  bool take(FramePtr& frame);
  void end(State state);

  std::function<void(FramePtr)> consume_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<FramePtr> queue_;
  State state_ = State::kRunning;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace zoetrope::media
