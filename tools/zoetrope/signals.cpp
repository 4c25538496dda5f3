#include "signals.h"

#include <array>
#include <atomic>
#include <csignal>
#include <string_view>

#include <unistd.h>

namespace zoetrope::cli {
namespace {

std::atomic<int> first_signal{0};
std::atomic<int> orders{0};  // signals but SIGUSR1, which announces that one will come
std::atomic<const char*> stop_announcement{""};
static_assert(std::atomic<int>::is_always_lock_free &&
              std::atomic<const char*>::is_always_lock_free);

extern "C" void on_signal(int number) {
  if (number != SIGUSR1 && orders.fetch_add(1) > 0) _exit(128 + number);
  int none = 0;
  if (!first_signal.compare_exchange_strong(none, number)) return;
  const std::string_view text = stop_announcement.load();
  // Nothing can be done about a failure here.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

void install_signal_handlers(const char* announcement) {
  stop_announcement = announcement;
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  for (const int number : std::array{SIGINT, SIGTERM, SIGUSR1}) {
    struct sigaction before {};
    if (sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, nullptr);
  }
}

int received_signal() { return first_signal; }

}  // namespace zoetrope::cli
