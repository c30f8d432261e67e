// A training as a job: what `slab train` starts. Torch-free.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/config/load.h"
#include "core/store/checkpoint_choice.h"
#include "core/store/run_state.h"
#include "core/wire/messages.h"

namespace slab {

struct TrainRequest {
  /// Of a new run. When resuming, the run's own config.json is used instead.
  LoadedConfig config;
  std::filesystem::path run;
  bool resume = false;
  /// Resume from this checkpoint rather than from the newest good one. From an older one is a rewind: what came after
  /// it stays in the run, superseded.
  std::optional<std::int64_t> fromStep;
  /// A branch: the new run starts with the weights, statistics, optimizer and step of this checkpoint, trained on with
  /// `config`. Its batches go on where the parent's stood if data, batch and seed are the same.
  std::optional<CheckpointName> from;
};

/// Called on the training thread; must return soon.
struct TrainCallbacks {
  /// Each line of `slab train --json` but the last: step, eval, checkpoint.
  std::function<void(const Json&)> onEvent;
  /// At every change of state and at most ten times a second.
  std::function<void(const RunStatus&)> onStatus;
};

struct TrainOutcome {
  RunState state = RunState::Failed;     // Done, Stopped or Failed
  std::string reason;                    // "" when done
  ErrorKind kind = ErrorKind::Internal;  // where it failed
  /// Failed because this process has lost its device: end it at once, without destructors; another process may go on
  /// from the last checkpoint.
  bool isWorkerLost = false;
};

/// One training in a thread of its own. It takes the run's lock, writes the run directory, serves the
/// run's socket (pause, resume, checkpoint, stop, status; "new data up to row N") and ends by itself.
class TrainSession {
 public:
  TrainSession(TrainRequest request, TrainCallbacks callbacks);
  /// Stops the training (with a checkpoint) if it still runs, and waits for it.
  ~TrainSession();
  TrainSession(const TrainSession&) = delete;
  TrainSession& operator=(const TrainSession&) = delete;

  void start();

  /// "pause", "resume", "checkpoint" or "stop"; from any thread, also before the first step. Fulfilled
  /// between two steps. Throws Error(Config) for another word.
  void command(std::string_view action);

  /// Waits for the end. Whatever went wrong stands in the outcome.
  TrainOutcome wait();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slab
