#include "media/encoder_thread.h"

namespace zoetrope::media {

EncoderThread::EncoderThread(std::function<void(FramePtr)> consume)
    : consume_(std::move(consume)), thread_([this] { run(); }) {}

EncoderThread::~EncoderThread() { end(State::kAbandoned); }

void EncoderThread::push(FramePtr frame) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.size() < kMaxQueued || failure_ != nullptr; });
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  queue_.push_back(std::move(frame));
  changed_.notify_all();
}

void EncoderThread::finish() {
  end(State::kEnding);
  if (failure_ != nullptr) std::rethrow_exception(failure_);
}

void EncoderThread::end(State state) {
  {
    const std::lock_guard lock(mutex_);
    state_ = state;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

// Waits for a frame; false when there will be none.
bool EncoderThread::take(FramePtr& frame) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !queue_.empty() || state_ != State::kRunning; });
  if (state_ == State::kAbandoned || queue_.empty()) return false;
  frame = std::move(queue_.front());
  queue_.pop_front();
  changed_.notify_all();
  return true;
}

void EncoderThread::run() {
  try {
    FramePtr frame;
    while (take(frame)) consume_(std::move(frame));
    bool abandoned = false;
    {
      const std::lock_guard lock(mutex_);
      abandoned = state_ == State::kAbandoned;
    }
    if (!abandoned) consume_(nullptr);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    changed_.notify_all();
  }
}

}  // namespace zoetrope::media
