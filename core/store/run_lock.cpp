#include "core/store/run_lock.h"

#include <utility>

namespace slab {

std::optional<LockInfo> readLock(const RunDirectory& run) {
  return readLock(run.lock());
}

RunLock::RunLock(RunDirectory run, const std::string& socket)
    : run_(std::move(run)),
      lock_(run_.lock(), socket,
            {"the run '" + run_.path().string() + "' is being written",
             "stop that training first, or give another --run"}) {}

}  // namespace slab
