// Prepares LibTorch for a job: device, threads, backends, and the table of timed choices.
#pragma once

#include <c10/core/Device.h>

#include <filesystem>
#include <string>

#include "core/base/rank_environment.h"
#include "core/config/fields.h"
#include "core/config/run_config.h"

namespace slab::train {

struct Engine {
  c10::Device device{c10::kCPU};
  int threads = 1;
  /// "cpu, 2 threads"
  [[nodiscard]] std::string describe() const;
};

/// Loads the CUDA module unless the CPU was asked for, sets the options of `core/ops`, and the threads
/// of the calling thread's pool: call it on the thread that computes. The processes of a distributed training on one
/// machine share its processors (threads = 0) and take a GPU each (device = auto). Throws Error(Device) and
/// Error(Config) as parseDevice does.
Engine prepareEngine(const std::string& device, std::int64_t threads, const OpsConfig& ops,
                     const RankEnvironment& ranks = {});

/// The choices of `ops.linear = auto` as JSON, to be stored with a run.
nlohmann::ordered_json linearTable();
/// Adds a stored table to what is in force; entries of `table` win. Throws Error(Config) when the
/// text is no such table.
void addLinearTable(const nlohmann::ordered_json& table);

/// This machine's own table, shared by all runs: timings differ from process to process, and equal
/// choices give equal bits. In XDG_CACHE_HOME/slab-workbench/.
void loadMachineTable(const Engine& engine);
/// Failures are logged only: it is a cache.
void saveMachineTable(const Engine& engine);

}  // namespace slab::train
