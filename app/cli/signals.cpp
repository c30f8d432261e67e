#include "app/cli/signals.h"

#include <unistd.h>

#include <ctime>

namespace slab::cli {
namespace {

constexpr int kSignalExit = 128;

sigset_t stopSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

std::function<void()> blocked(std::function<void()> onStop) {
  const sigset_t set = stopSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return onStop;
}

}  // namespace

StopSignals::StopSignals(std::function<void()> onStop)
    : thread_([onStop = blocked(std::move(onStop))](const std::stop_token& stop) {
        const sigset_t set = stopSet();
        bool asked = false;
        while (!stop.stop_requested()) {
          // Waiting with a limit lets the destructor end the thread without a signal of its own.
          const timespec limit{0, 100'000'000};
          const int signal = sigtimedwait(&set, nullptr, &limit);
          if (signal <= 0) continue;
          if (asked) ::_exit(kSignalExit + signal);
          asked = true;
          onStop();
        }
      }) {}

StopSignals::~StopSignals() {
  thread_.request_stop();
}

}  // namespace slab::cli
