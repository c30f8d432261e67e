// One writer a run: the flock on the run's `lock` file, and who holds it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/store/run_directory.h"

namespace slab {

/// What the lock file says: {"pid", "boot_id", "socket", "start_time"}. Pid, boot id and the
/// process's start time together name one process for ever, whatever pids are used again.
struct LockInfo {
  int pid = 0;
  std::string bootId;           // /proc/sys/kernel/random/boot_id
  std::string socket;           // where the process listens; "" when it does not
  std::uint64_t startTime = 0;  // clock ticks after boot: field 22 of /proc/<pid>/stat
};

/// The holder named in the lock file; nothing when there is no lock file, or it was released, or it
/// can't be read. Takes no lock, so a reader never disturbs a starting writer.
std::optional<LockInfo> readLock(const RunDirectory& run);

/// Whether exactly that process still runs (a zombie does not).
bool isAlive(const LockInfo& holder);

/// Holds the flock from construction to destruction. The kernel frees it when the process dies,
/// kill -9 included. Move-only.
class RunLock {
 public:
  /// Throws Error(Config) naming the holder's pid when another process has the run, Error(Data)
  /// when the file can't be opened or written. `socket` is where this process listens.
  RunLock(RunDirectory run, const std::string& socket);
  ~RunLock();
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&&) = delete;

  [[nodiscard]] const RunDirectory& run() const { return run_; }

 private:
  RunDirectory run_;
  int file_ = -1;
};

}  // namespace slab
