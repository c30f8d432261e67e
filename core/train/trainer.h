// The training loop: steps, evaluations, checkpoints, and obedience between two steps.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/config/run_config.h"
#include "core/config/schedule.h"
#include "core/data/loader.h"
#include "core/models/decay_groups.h"
#include "core/store/run_state.h"
#include "core/train/adamw.h"
#include "core/train/command_queue.h"
#include "core/train/ema.h"
#include "core/train/finite_watch.h"
#include "core/train/kept_buffers.h"
#include "core/train/loss_scaler.h"
#include "core/train/non_finite.h"
#include "core/train/norm_watch.h"
#include "core/train/observer.h"
#include "core/train/ranks.h"
#include "core/train/recalibrate.h"
#include "core/train/run_checkpoints.h"
#include "core/train/step_meter.h"
#include "core/train/task.h"

namespace slab::train {

/// The optimizer of a configuration over a model's decay groups.
AdamW makeOptimizer(const DecayGroups& groups, const OptimConfig& config);
AdamW makeOptimizer(const Backbone& model, const OptimConfig& config);

/// What a training consists of; everything referenced must outlive the trainer.
struct TrainerParts {
  const RunConfig& config;
  const Plan& plan;
  Task& task;
  AdamW& optimizer;
  data::Loader& data;
  RunCheckpoints* checkpoints = nullptr;  // null: another process of a distributed training saves
  CommandQueue& commands;
  TrainObserver& observer;
  c10::Device device{c10::kCPU};
  Ema* average = nullptr;        // null: no averaging
  LossScaler* scaler = nullptr;  // null: the loss is not scaled
  /// Training images without mixing, for the statistics pass of a classifier; called once, with prepbn.recalibrate
  /// above 0.
  std::function<std::unique_ptr<data::Loader>()> recalibrationData;
  Ranks* ranks = nullptr;  // of a distributed training; null: this process is alone
  /// Written into every checkpoint; the trainer adds what it knows itself.
  std::function<Metadata()> metadata;
};

/// Where a training goes on.
struct StartingPoint {
  std::int64_t step = 0;      // completed
  std::int64_t position = 0;  // number of the next batch
  /// Images in a forward at most, where memory did not hold a batch; 0: all of it.
  std::int64_t microBatch = 0;
  /// The statistics pass has been taken: it is not taken again.
  bool isRecalibrated = false;
  /// The evaluation of this step was not taken to its end: it comes before the next step.
  bool isEvaluationDue = false;
};

struct TrainResult {
  RunState state = RunState::Done;  // Done or Stopped
  std::string reason;
};

/// Runs on one thread. A step takes the gradients of `train.accumulate` batches at one lambda and one learning rate,
/// averaged over their images; the running statistics move with every forward, as in the reference. The noise of step
/// k (drop path) is drawn from a generator seeded with (train.seed, k, rank, number of the forward within the step), so
/// that a resumed training takes the same bits.
///
/// What is trained, how its loss is computed and how it is evaluated, is the task's. The forward runs in
/// `train.precision`, the optimizer and evaluations in float32.
///
/// Where memory does not hold a forward and backward, the step is taken again from the same samples in pieces of half
/// the size; later steps keep the smaller pieces, and so does a resumed training.
///
/// In a distributed training every process runs one, from the same weights: gradients and loss are averages over all,
/// and so weights stay the same bit for bit, which is looked at before each checkpoint that was planned. All evaluate,
/// each its share, with rank 0's statistics. Rank 0 alone saves and obeys; the others stop when it does.
///
/// Commands are obeyed between two steps and between two batches of an evaluation. What is saved within an evaluation
/// says that it is due, so that a resumed training makes it up.
class Trainer {
 public:
  explicit Trainer(TrainerParts parts);

  void startAt(const StartingPoint& point);

  /// Makes `run` write a checkpoint of the step it starts at, before the first one: a branch must not depend on its
  /// parent's files.
  void keepStart() { keepsStart_ = true; }

  /// Until the last step, or a Stop. On a loss, gradient, weight or statistic that is not finite the observer gets a
  /// report, and slab::Error names the layer and channel at fault first; nothing is saved then. While the disk is full
  /// the training pauses, says so, and tries again.
  TrainResult run();

  /// Tells the observer that `run` threw.
  void markFailed(const std::string& reason);

  [[nodiscard]] RunState state() const { return state_.state(); }
  [[nodiscard]] std::int64_t completedSteps() const { return completed_; }
  /// Seconds of training in this process, pauses left out.
  [[nodiscard]] double activeSeconds() const { return active_.seconds() - pausedSeconds_; }

 private:
  struct StepWork {
    double waited = 0;  // seconds, for data
    std::int64_t images = 0;
    at::Tensor samples;      // their numbers in the training set
    std::int64_t first = 0;  // number of the first of its batches
    // Of the first one whose loss is not finite: its number, its samples' numbers.
    std::optional<std::int64_t> faulty;
    at::Tensor faultySamples;
  };

  bool isFinished() const { return completed_ >= parts_.plan.totalSteps; }
  void step();
  [[nodiscard]] StepRecord newRecord() const;
  /// A step whose gradients overflowed changes no weight.
  void applyGradients(const StepRecord& record);
  void finishRecord(StepRecord& record);

  /// Leaves the gradients of the step in the parameters and sets the record's loss and gradient norm.
  StepWork takeGradients(StepRecord& record);
  StepWork tryGradients(StepRecord& record);
  /// Batches of the step at hand: fewer than train.accumulate where an epoch that keeps its rest ends.
  [[nodiscard]] std::int64_t batchesOfStep() const;
  /// Whether forwards take their statistics over all processes.
  [[nodiscard]] bool synchronizes() const;
  data::Batch nextBatch(StepWork& work);
  /// Adds the gradients of a batch, weighted by its share of the step's images; returns its part of the loss, whose
  /// terms it adds to the record's.
  double addGradients(const data::Batch& batch, StepRecord& record, std::int64_t imagesOfStep);
  /// Undoes the loss scaling, and sets the gradient norm. The norm is not finite where the scale was too high: the
  /// step is to be skipped.
  void finishGradients(const StepWork& work, StepRecord& record);
  void halveMicroBatch(const std::exception& error);

  /// Calls `onLoss(loss, images)` for the forward of each piece of a batch, with the noise of the record's step;
  /// `piece` counts the forwards of the step.
  void forEachPiece(const data::Batch& batch, const StepRecord& record, std::uint64_t& piece,
                    const std::function<void(const PieceLoss& loss, std::int64_t images)>& onLoss);
  /// For a loss or gradient norm that is not finite: the weights are still those of the step. In a distributed
  /// training every process makes the call, and the report is of the first with a batch at fault.
  [[noreturn]] void reportNonFinite(const StepWork& work, const StepRecord& record);
  /// Takes the batches of the step once more, one by one: the first with something at fault by itself, of the one with
  /// the faulty loss where there is one; nothing where none of this process's is.
  std::optional<NonFiniteReport> findFault(const StepWork& work, const StepRecord& record);
  /// `piece`: the forwards of the step before this batch.
  std::optional<NonFinitePlace> faultIn(const data::Batch& batch, const StepRecord& record, std::uint64_t piece,
                                        const StepWork& work);
  /// For weights or statistics that are not finite after the last step.
  [[noreturn]] void reportBrokenState();
  [[noreturn]] void fail(const std::string& what, NonFiniteReport report);
  [[nodiscard]] NonFiniteReport reportOf(const StepRecord& record, std::int64_t batch, const at::Tensor& samples) const;
  /// False when a Stop ended it: it stays due.
  bool evaluateIfDue();
  /// Tells of the evaluation that begins now, and obeys.
  OnEvaluated whileEvaluating();
  void checkpointIfDue();
  /// The statistics pass; false when a Stop ended it, which leaves the saved statistics as they were.
  bool recalibrate();
  /// Sets the score of RepBN alone where there is validation data; false when a Stop ended it.
  bool scoreRepBn(std::optional<Score>& score);
  bool takePass(Backbone& model, RecalibrationResult& result);
  bool feed(Recalibration& pass, std::int64_t asked, const Stopwatch& watch);

  // In trainer_ranks.cpp: what the processes of a distributed training do together.
  [[nodiscard]] bool isFirst() const { return parts_.ranks == nullptr || parts_.ranks->isFirst(); }
  [[nodiscard]] int ranks() const { return parts_.ranks == nullptr ? 1 : parts_.ranks->size(); }
  /// Rank 0's `goesOn` in every process. A Stop that reached another process is pushed to rank 0's queue.
  bool agree(bool goesOn);
  /// Makes the gradients and the record's loss the averages over all processes.
  void averageOverRanks(StepRecord& record);
  /// In every process the report of the first that has one.
  std::optional<NonFiniteReport> shared(std::optional<NonFiniteReport> own);
  void requireSameWeights();
  /// Gives every process rank 0's running statistics, those of the averaged weights as well: they are what is saved,
  /// and so what is evaluated. Training forwards never read them.
  void shareStatistics();

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
  KeptBuffers buffers_;
  NormWatch normWatch_;
  StepMeter meter_;
  FiniteWatch watch_;
  StepRecord lastRecord_;   // of the last step taken by this process
  at::Tensor lastSamples_;  // its batch's numbers in the training set; undefined before the first
  Stopwatch active_;
  double pausedSeconds_ = 0;
  RunStateMachine state_;
  std::int64_t completed_ = 0;
  std::int64_t position_ = 0;
  std::int64_t microBatch_ = 0;  // images in a forward at most
  std::uint64_t piece_ = 0;      // forwards of the step so far
  bool keepsStart_ = false, isRecalibrated_ = false;
  bool isEvaluationDue_ = false;  // of the completed steps, and not done yet
  std::optional<std::int64_t> evaluatedAt_;
  double lastPercent_ = -1;  // Evaluation::percent
};

}  // namespace slab::train
