// SIGINT and SIGTERM as a wish to stop, for commands that have something to save.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace slab::cli {

/// Waits for a signal on a thread of its own and calls `onStop` once; a second signal ends the
/// process at once with 128 + its number. Blocks both signals in the calling thread: make it before
/// the threads that do the work, which inherit that.
class StopSignals {
 public:
  explicit StopSignals(std::function<void()> onStop);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  std::jthread thread_;
};

}  // namespace slab::cli
