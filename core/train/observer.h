// What a training tells while it runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/store/run_state.h"
#include "core/train/evaluate.h"
#include "core/train/non_finite.h"
#include "core/train/norm_alarm.h"
#include "core/train/norm_reading.h"
#include "core/train/recalibrate.h"

namespace slab::train {

/// One optimizer step, as logged every train.log_every steps.
struct StepRecord {
  std::int64_t step = 0;
  double epoch = 0;
  double loss = 0;
  double learningRate = 0;
  double lambda = 0;
  double gradNorm = 0;                                // before clipping
  std::vector<std::pair<std::string, double>> terms;  // of the loss, by series: "loss/mask"; none where it has one
  std::optional<double> paramNorm, runningVarSum;     // after the step, with train.log_norms
  double imagesPerSecond = 0;
  double dataWaitSeconds = 0;  // mean a step since the last record
};

/// Where the training stands after each step.
struct Progress {
  std::int64_t step = 0;  // completed
  double loss = 0, learningRate = 0, lambda = 0;
  double imagesPerSecond = 0;
  double activeSeconds = 0;  // of this process, without pauses
  double etaSeconds = -1;    // -1: not known yet
};

/// A stretch of work that is no step; an empty name: training goes on or is over.
struct Phase {
  std::string name;  // "recalibration", "evaluation"
  std::int64_t done = 0, total = 0;
  double etaSeconds = -1;  // -1: not known yet
};

/// Called on the training thread, in the order things happen. Must return soon.
class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void onState(RunState state, const std::string& message) = 0;
  virtual void onStep(const StepRecord& record) = 0;
  virtual void onProgress(const Progress& progress) = 0;
  /// Every prepbn.watch_every, before the optimizer step `step` is applied; a reading a norm.
  virtual void onNorms(std::int64_t step, const std::vector<NormReading>& readings) = 0;
  virtual void onNormAlarm(std::int64_t step, const NormAlarm& alarm) = 0;
  /// `step`: completed optimizer steps, here and below.
  virtual void onEvaluation(std::int64_t step, const Evaluation& evaluation) = 0;
  /// The checkpoint is durable and its row committed. `path`: relative to the run.
  virtual void onCheckpoint(std::int64_t step, const std::string& path) = 0;
  /// Memory ran out: from this step on at most `images` go through the model at once.
  virtual void onMicroBatch(std::int64_t step, std::int64_t images) = 0;
  virtual void onPhase(const Phase& phase) = 0;
  virtual void onRecalibration(std::int64_t step, const RecalibrationResult& result) = 0;
  /// The training fails with this.
  virtual void onNonFinite(const NonFiniteReport& report) = 0;
};

/// Of the processes of a distributed training that leave the telling to rank 0.
class SilentObserver final : public TrainObserver {
 public:
  void onState(RunState /*state*/, const std::string& /*message*/) override {}
  void onStep(const StepRecord& /*record*/) override {}
  void onProgress(const Progress& /*progress*/) override {}
  void onEvaluation(std::int64_t /*step*/, const Evaluation& /*evaluation*/) override {}
  void onCheckpoint(std::int64_t /*step*/, const std::string& /*path*/) override {}
  void onMicroBatch(std::int64_t /*step*/, std::int64_t /*images*/) override {}
  void onNorms(std::int64_t /*step*/, const std::vector<NormReading>& /*readings*/) override {}
  void onNormAlarm(std::int64_t /*step*/, const NormAlarm& /*alarm*/) override {}
  void onPhase(const Phase& /*phase*/) override {}
  void onRecalibration(std::int64_t /*step*/, const RecalibrationResult& /*result*/) override {}
  void onNonFinite(const NonFiniteReport& /*report*/) override {}
};

}  // namespace slab::train
