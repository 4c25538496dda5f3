#pragma once

namespace zoetrope::cli {

/// From now on SIGINT, SIGTERM and SIGHUP ask the run to stop, and a second one ends the process
/// at once with 128 + signal. Signals that were ignored at the start stay ignored (nohup, `cmd &`).
/// SIGPIPE is ignored: a closed stdout or stderr must not end a render.
///
/// announcement: what the first signal prints to stderr, a literal; may be empty.
void install_signal_handlers(const char* announcement);

/// The first signal that arrived, or 0.
int received_signal();

}  // namespace zoetrope::cli
