#pragma once

namespace zoetrope::cli {

/// From now on SIGINT, SIGTERM and SIGUSR1 (a cluster's warning that time is nearly up) ask the run
/// to stop, and a second SIGINT or SIGTERM ends the process at once with 128 + signal. Signals that
/// were ignored at the start stay ignored (`cmd &`). SIGPIPE and SIGHUP are ignored: a closed
/// stdout or stderr, or a terminal that goes away, must not end a render.
///
/// announcement: what the first signal prints to stderr, a literal; may be empty.
void install_signal_handlers(const char* announcement);

/// The first signal that arrived, or 0.
int received_signal();

}  // namespace zoetrope::cli
