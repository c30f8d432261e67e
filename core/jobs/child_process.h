// A process that this one watches: started here, or found running.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/store/process_lock.h"

namespace slab {

/// Exit code of `slab train --supervised` where its device is lost, so that it can't go on while a new process may:
/// EX_TEMPFAIL of sysexits.h.
inline constexpr int kWorkerLost = 75;

/// How a process ended, as far as its watcher can know.
struct ProcessEnd {
  std::optional<int> exitCode;  // of a process started here that ended by itself
  int signal = 0;               // that ended it
};

/// Watches through a pidfd, so that a pid that is used again is never mistaken or signalled. The process
/// outlives its watcher: nothing is killed when this goes. Move-only.
class ChildProcess {
 public:
  /// Starts `program` with `arguments` in a session of its own (no terminal's Ctrl-C reaches it) and with
  /// the default signal mask; standard output and error are appended to `log`. Throws Error(Data) when it
  /// can't be started.
  static ChildProcess start(const std::string& program, const std::vector<std::string>& arguments,
                            const std::filesystem::path& log);
  /// The process that holds a lock; nothing when it has gone.
  static std::optional<ChildProcess> find(const LockInfo& holder);

  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Waits up to `seconds` for the end; nothing while it runs on.
  [[nodiscard]] std::optional<ProcessEnd> waitFor(double seconds) const;
  /// SIGTERM: a training writes a checkpoint and ends.
  void askToStop() const;

 private:
  ChildProcess(pid_t pid, int descriptor, bool isOwn) : pid_(pid), descriptor_(descriptor), isOwn_(isOwn) {}

  pid_t pid_;
  int descriptor_;  // pidfd
  bool isOwn_;
};

}  // namespace slab
