// What `slab queue` and `slab sweep` share: the project they mean, and a job as a person or a script reads it.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "app/cli/config_source.h"
#include "core/jobs/branch.h"
#include "core/store/run_queue.h"
#include "core/store/run_summary.h"

namespace slab::cli {

/// The option --project; the user's own project without it.
struct ProjectOption {
  std::string directory;
  void add(CLI::App& app);
  [[nodiscard]] std::filesystem::path path() const;
};

/// The run of a job; nothing before its first start or when it was moved away.
std::optional<RunSummary> runOf(const std::filesystem::path& project, const QueueJob& job);

/// Id, name, state, settings, times, and of its run the step and the figures.
Json toJson(const QueueJob& job, const std::optional<RunSummary>& run);

/// "120 / 375", "0.4 %", "-": cells of a table.
std::string stepWords(const std::optional<RunSummary>& run);
std::string percentOrDash(double value);

/// What queued trainings begin with: the options of a configuration, and --from for a branch.
struct QueuedSource : ConfigOptions {
  std::string from;
  /// The branch point as a job keeps it, "DIR@STEP", its step fixed; "" for a training from scratch.
  std::string branchPoint;

  void add(CLI::App& app);
  /// Chooses the checkpoint of --from, whose run's configuration is taken where neither --preset nor --config is
  /// given. Throws where there is no such checkpoint, and CLI::RequiredError where nothing is given at all.
  void resolve();
  /// Throws Error(Config) where the branch's model would not be its checkpoint's.
  void requireSameModel(const RunConfig& config) const;

 private:
  std::optional<jobs::BranchPoint> point_;
};

/// The base of a job's name: what --from, --preset, --config or model.name call it.
std::string baseName(const QueuedSource& source, const RunConfig& config);

/// "job 3: demo-lr0.001" lines, or {"ids": [...]}.
void printAdded(const std::vector<std::int64_t>& ids, const std::vector<NewJob>& jobs, bool json);

}  // namespace slab::cli
