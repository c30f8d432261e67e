// A file that one process at a time holds, and who that is: the lock of a run's writer and of a queue's worker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace slab {

/// What a lock file says: {"pid", "boot_id", "socket", "start_time"}. Pid, boot id and the process's
/// start time together name one process for ever, whatever pids are used again.
struct LockInfo {
  int pid = 0;
  std::string bootId;           // /proc/sys/kernel/random/boot_id
  std::string socket;           // where the process listens; "" when it does not
  std::uint64_t startTime = 0;  // clock ticks after boot: field 22 of /proc/<pid>/stat
};

/// The holder named in a lock file; nothing when there is no such file, or it was released, or it
/// can't be read. Takes no lock, so a reader never disturbs a starting process.
std::optional<LockInfo> readLock(const std::filesystem::path& file);

/// Whether exactly that process still runs (a zombie does not).
bool isAlive(const LockInfo& holder);

/// The words of a refusal: "<held> by process 4711; <mend>".
struct LockWords {
  std::string held;  // "the run '/p/runs/a' is being written"
  std::string mend;  // "stop that training first, or give another --run"
};

/// Holds the file's flock from construction to destruction. The kernel frees it when the process
/// dies, kill -9 included. Move-only.
class ProcessLock {
 public:
  /// Throws Error(Config) naming the holder's pid when another process has it, Error(Data) when the
  /// file can't be opened or written. `socket` is where this process listens.
  ProcessLock(std::filesystem::path file, const std::string& socket, const LockWords& words);
  ~ProcessLock();
  ProcessLock(ProcessLock&& other) noexcept;
  ProcessLock& operator=(ProcessLock&&) = delete;

 private:
  int file_ = -1;
};

}  // namespace slab
