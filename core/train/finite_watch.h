// A standing look at weights and statistics, so that a value that is not finite is found near the step that made it.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <optional>
#include <vector>


namespace slab::train {

/// Loss and gradient are read at every step anyway; weights that no output depends on yet, and running statistics,
/// which training never reads, need a look of their own. One pass over all of them reads each value once; it is taken
/// as often as kShare of the training time allows. Used by the training thread.
class FiniteWatch {
 public:
  /// Of the time of the steps; the issue asks for at most 0.5 %.
  static constexpr double kShare = 0.004;

  /// Watches every parameter and floating-point buffer of `model`, which must outlive it.
  explicit FiniteWatch(const torch::nn::Module& model);

  /// After `completed` steps, the last of which took `stepSeconds`: looks where a look is due. False when it found a
  /// value that is not finite.
  bool look(std::int64_t completed, double stepSeconds);
  /// Looks whatever it costs: at the start, before a checkpoint.
  bool lookNow(std::int64_t completed);

  /// Completed steps when all was last seen finite; nothing before the first such look.
  [[nodiscard]] std::optional<std::int64_t> lastFinite() const { return lastFinite_; }

 private:
  std::vector<at::Tensor> watched_;
  double credit_ = 0;  // seconds that may be spent
  double cost_ = 0;    // of the last look, seconds
  std::optional<std::int64_t> lastFinite_;
};

}  // namespace slab::train
