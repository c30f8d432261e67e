// The training loop: steps, evaluations, checkpoints, and obedience between two steps.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/config/run_config.h"
#include "core/config/schedule.h"
#include "core/data/loader.h"
#include "core/store/run_state.h"
#include "core/train/adamw.h"
#include "core/train/command_queue.h"
#include "core/train/observer.h"
#include "core/train/run_checkpoints.h"
#include "core/train/step_meter.h"

namespace slab::train {

/// The optimizer of a configuration over a model's decay groups.
AdamW makeOptimizer(const Backbone& model, const OptimConfig& config);

/// What a training consists of; everything referenced must outlive the trainer.
struct TrainerParts {
  const RunConfig& config;
  const Plan& plan;
  Backbone& model;
  AdamW& optimizer;
  data::Loader& data;
  data::Loader* validation = nullptr;  // null: no evaluation
  RunCheckpoints& checkpoints;
  CommandQueue& commands;
  TrainObserver& observer;
  c10::Device device{c10::kCPU};
  /// Written into every checkpoint; the trainer adds what it knows itself.
  std::function<Metadata()> metadata;
};

struct TrainResult {
  RunState state = RunState::Done;  // Done or Stopped
  std::string reason;
};

/// Runs on one thread. The noise of step k (drop path) is drawn from a generator seeded with
/// (train.seed, k), so that a resumed training takes the same bits.
class Trainer {
 public:
  explicit Trainer(TrainerParts parts);

  /// Goes on after `step` completed steps with batch number `position`.
  void startAt(std::int64_t step, std::int64_t position);

  /// Until the last step, or a Stop. Throws slab::Error on a non-finite loss or gradient, naming the
  /// first tensor at fault; nothing is saved then. While the disk is full the training pauses, says
  /// so, and tries again.
  TrainResult run();

  /// Tells the observer that `run` threw.
  void markFailed(const std::string& reason);

  [[nodiscard]] RunState state() const { return state_.state(); }
  [[nodiscard]] std::int64_t completedSteps() const { return completed_; }
  /// Seconds of training in this process, pauses left out.
  [[nodiscard]] double activeSeconds() const { return active_.seconds() - pausedSeconds_; }

 private:
  bool isFinished() const { return completed_ >= parts_.plan.totalSteps; }
  void step();
  void takeGradients(const data::Batch& batch, StepRecord& record);
  void applyGradients(StepRecord& record);
  [[noreturn]] void reportNonFinite(const data::Batch& batch, const StepRecord& record,
                                    const NamedTensors& gradients) const;
  void evaluateIfDue();
  void checkpointIfDue();

  /// Fulfils the waiting commands; false when training is to stop.
  bool obey();
  bool obey(const Command& command);
  bool pause(const Command& command);
  void stop(const Command& command);
  /// False when a Stop ended the pause.
  bool waitWhilePaused();
  /// Writes a checkpoint of this step unless there is one; waits while the disk is full.
  void save();
  void saveOnce();
  /// One turn of waiting; throws Error(Checkpoint) when the training is to stop instead.
  void waitForDisk(const std::string& problem);
  /// Ends a wait for the disk.
  void goOn();
  /// Waits while run.db can't be written.
  void watchStore();
  void moveTo(RunState state, const std::string& message = "");
  void reportProgress(const StepRecord& record);

  TrainerParts parts_;
  StepMeter meter_;
  Stopwatch active_;
  double pausedSeconds_ = 0;
  RunStateMachine state_;
  std::int64_t completed_ = 0;
  std::int64_t position_ = 0;
  std::optional<std::int64_t> evaluatedAt_;
  double lastTop1_ = -1;
};

}  // namespace slab::train
