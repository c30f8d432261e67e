// Learning rate and lambda: pure functions of the optimizer step, shared by the trainer, the preview
// in the window and the tests.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/config/run_config.h"

namespace slab {

/// The paper's lambda: 1 for k < warmup (LayerNorm alone is evaluated, RepBN's statistics rest), then
/// linear to 0 at step `end`. The reference's (warm, step) is end = warm + step.
struct LambdaSchedule {
  std::int64_t warmup = 0;
  std::int64_t end = 0;

  /// Lambda used by optimizer step k (0-based).
  [[nodiscard]] double at(std::int64_t k) const;
  [[nodiscard]] bool isWarmup(std::int64_t k) const { return k < warmup; }

  /// The reference's buffers after `completed` optimizer steps.
  [[nodiscard]] std::int64_t warmBuffer(std::int64_t completed) const;
  [[nodiscard]] std::int64_t iterBuffer(std::int64_t completed) const;
  /// At least 1: the reference divides by it.
  [[nodiscard]] std::int64_t totalStepBuffer() const { return end > warmup ? end - warmup : 1; }
};

/// Learning rate used by optimizer step k. Rates are effective ones (after scaling by the batch).
struct LrSchedule {
  LrScheduleKind kind = LrScheduleKind::Constant;
  double base = 0.0;
  double warmupStart = 0.0;
  double minimum = 0.0;
  std::int64_t warmup = 0;
  std::int64_t steps = 1;
  std::vector<std::int64_t> milestones{};  // of step, rising
  double gamma = 0.1;

  /// constant: base. warmup_cosine: min(1, (k+1)/w) (m + (b-m)(1 + cos(pi k/S))/2).
  /// timm_cosine: the rate is set after each step, so step k uses LR(max(k-1, 0)) with
  /// LR(t) = u + (b-u) t/w for t < w, m + (b-m)(1 + cos(pi t/S))/2 up to S, m from there.
  /// step, mmdet's: b gamma^(milestones up to k) (1 - (1 - k/w)(1 - u/b)), the last factor for k < w alone.
  /// `steps` is S: the cooldown follows it, at m.
  [[nodiscard]] double at(std::int64_t k) const;
};

/// A configuration's durations in whole optimizer steps, for a training set of known size.
struct Plan {
  std::int64_t images = 0;
  std::int64_t effectiveBatch = 0;
  std::int64_t stepsPerEpoch = 0;
  std::int64_t totalSteps = 0;
  std::int64_t evalEvery = 0;
  std::int64_t checkpointEvery = 0;
  std::int64_t logEvery = 1;
  std::int64_t watchEvery = 0;  // 0 = never
  LambdaSchedule lambda;
  LrSchedule lr;

  [[nodiscard]] double epochOf(std::int64_t step) const {
    return stepsPerEpoch > 0 ? static_cast<double>(step) / static_cast<double>(stepsPerEpoch) : 0.0;
  }
};

/// `images`: size of the training set before `data.limit`. `ranks`: processes of a distributed run.
/// An epoch shorter than one batch gives stepsPerEpoch = totalSteps = 0 (unless train.steps is set).
Plan makePlan(const RunConfig& config, std::int64_t images, std::int64_t ranks = 1);

/// Size of the training set where the configuration alone tells it: Fashion-MNIST's 60,000 (limited).
std::optional<std::int64_t> knownImages(const DataConfig& data);

}  // namespace slab
