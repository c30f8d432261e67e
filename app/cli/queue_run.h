// slab queue run, and what stops it.
#pragma once

#include <filesystem>
#include <string>

namespace slab::cli {

struct QueueRunOptions {
  std::string until;  // "HH:MM", "" without a limit
  bool stopsAtUntil = false;
  bool json = false;
};

/// Runs the queue in this process until it is empty, stopped or the time has come. SIGINT and SIGTERM stop the
/// running job with a checkpoint; it goes on at the next start.
int runQueue(const std::filesystem::path& project, const QueueRunOptions& options);

/// Asks the process that runs the queue to end: at once (the running job writes a checkpoint), or when the
/// running job is over. Throws Error(Config) when no process runs it.
int stopQueue(const std::filesystem::path& project, bool afterJob, bool json);

}  // namespace slab::cli
