// What `slab queue` and `slab sweep` share: the project they mean, and a job as a person or a script reads it.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "app/cli/config_source.h"
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

/// The base of a job's name: what --preset, --config or model.name call it.
std::string baseName(const ConfigOptions& source, const RunConfig& config);

/// "job 3: demo-lr0.001" lines, or {"ids": [...]}.
void printAdded(const std::vector<std::int64_t>& ids, const std::vector<NewJob>& jobs, bool json);

}  // namespace slab::cli
