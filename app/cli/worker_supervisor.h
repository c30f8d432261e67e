// A training worker that is started again when it is lost: by a crash, the kernel's out-of-memory killer, or an error
// after which its device is of no more use.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace slab::cli {

struct SupervisedWork {
  std::vector<std::string> first;  // the command, program first
  std::vector<std::string> again;  // of every later start: goes on from the newest checkpoint
  std::filesystem::path run;
  int restarts = 0;  // at most
};

/// What the supervisor tells, in order.
struct SupervisedEvents {
  /// Restart number `n` (from 1) begins, from the checkpoint after `step` steps (0: none yet).
  std::function<void(int n, std::int64_t step, const std::string& reason)> onRestart;
  /// The worker is lost for good.
  std::function<void(const std::string& reason)> onGiveUp;
};

/// Runs the worker to its end and returns its exit code; 1 after `onGiveUp`. A lost worker is started again while there
/// are restarts left and, from the second on, only if a newer checkpoint was written since the restart before: what
/// fails at the same place again is no accident. Each restart is an event in run.db and a line in the log.
///
/// The worker runs in a process group of its own and alone decides about signals: SIGINT, SIGTERM, SIGHUP and SIGQUIT
/// are passed on (after one there is no restart), and Ctrl-Z stops both. When the supervisor dies, the worker gets
/// SIGTERM and ends with a checkpoint. Call it while the process has one thread.
int supervise(const SupervisedWork& work, const SupervisedEvents& events);

}  // namespace slab::cli
