// How fast training goes and how long it will still take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace slab::train {

/// Durations in seconds on the monotonic clock. Pauses, evaluations and checkpoints are no part of
/// a step's time.
class StepMeter {
 public:
  /// `waited`: the part of `seconds` spent waiting for data.
  void addStep(double seconds, double waited, std::int64_t images);
  void addEvaluation(double seconds) { evaluationSeconds_ = seconds; }
  void addCheckpoint(double seconds) { checkpointSeconds_ = seconds; }

  /// Rate since the last call of `restart`; 0 before the first step.
  [[nodiscard]] double imagesPerSecond() const { return seconds_ > 0 ? static_cast<double>(images_) / seconds_ : 0.0; }
  /// Rate of the recent steps; 0 before the first one.
  [[nodiscard]] double recentImagesPerSecond(std::int64_t imagesPerStep) const;
  /// Mean wait for data a step since the last call of `restart`.
  [[nodiscard]] double dataWaitSeconds() const { return steps_ > 0 ? waited_ / static_cast<double>(steps_) : 0.0; }
  void restart();

  /// Median recent step times what is left, plus evaluations and checkpoints as long as the last ones
  /// took; -1 until five steps were seen.
  [[nodiscard]] double etaSeconds(std::int64_t steps, std::int64_t evaluations, std::int64_t checkpoints) const;

 private:
  std::deque<double> recent_;
  double seconds_ = 0, waited_ = 0;
  std::int64_t images_ = 0, steps_ = 0;
  double evaluationSeconds_ = 0, checkpointSeconds_ = 0;
};

}  // namespace slab::train
