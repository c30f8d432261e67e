// What a training tells while it runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/store/run_state.h"
#include "core/train/evaluate.h"

namespace slab::train {

/// One optimizer step, as logged every train.log_every steps.
struct StepRecord {
  std::int64_t step = 0;
  double epoch = 0;
  double loss = 0;
  double learningRate = 0;
  double lambda = 0;
  double gradNorm = 0;                             // before clipping
  std::optional<double> paramNorm, runningVarSum;  // after the step, with train.log_norms
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

/// Called on the training thread, in the order things happen. Must return soon.
class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void onState(RunState state, const std::string& message) = 0;
  virtual void onStep(const StepRecord& record) = 0;
  virtual void onProgress(const Progress& progress) = 0;
  /// `step`: completed optimizer steps, here and below.
  virtual void onEvaluation(std::int64_t step, const Evaluation& evaluation) = 0;
  /// The checkpoint is durable and its row committed. `path`: relative to the run.
  virtual void onCheckpoint(std::int64_t step, const std::string& path) = 0;
};

}  // namespace slab::train
