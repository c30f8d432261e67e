// One writer a run: the flock on the run's `lock` file, and who holds it.
#pragma once

#include <optional>
#include <string>

#include "core/store/process_lock.h"
#include "core/store/run_directory.h"

namespace slab {

/// The writer named in the run's lock file; nothing where there is none.
std::optional<LockInfo> readLock(const RunDirectory& run);

/// Holds the flock from construction to destruction. Move-only.
class RunLock {
 public:
  /// Throws Error(Config) naming the holder's pid when another process has the run, Error(Data)
  /// when the file can't be opened or written. `socket` is where this process listens.
  RunLock(RunDirectory run, const std::string& socket);

  [[nodiscard]] const RunDirectory& run() const { return run_; }

 private:
  RunDirectory run_;
  ProcessLock lock_;
};

}  // namespace slab
