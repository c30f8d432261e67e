// Reads a model's PRepBN and RepBN norms at every n-th step, from the training batch itself: no forward of its own.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/models/backbone.h"
#include "core/nn/norms/norm_probe.h"
#include "core/train/norm_alarm.h"
#include "core/train/norm_reading.h"
#include "core/train/observer.h"

namespace slab::train {

/// On the training thread. A watched step takes a sample of the tokens of each norm, spread evenly over the batch (all
/// of them where there are no more than `kTokens`), and copies of the running statistics; the figures are computed
/// from those, so that a step costs the same whatever the batch and the device waits at most once a norm. With
/// several forwards in a step (accumulation, recomputation) the first one counts. Changes no bit of the training.
class NormWatch final : public nn::NormProbe {
 public:
  static constexpr std::int64_t kTokens = 512;

  /// Watches every `every` optimizer steps; 0 = never. `context` is the model's; both outlive the watch.
  NormWatch(const torch::nn::Module& model, nn::Context& context, std::int64_t every, const LambdaSchedule& lambda);
  NormWatch(Backbone& model, std::int64_t every, const LambdaSchedule& lambda)
      : NormWatch(model, *model.context(), every, lambda) {}
  ~NormWatch() override;
  NormWatch(const NormWatch&) = delete;
  NormWatch& operator=(const NormWatch&) = delete;

  /// Before the forwards of `step`, once lambda is set.
  void arm(std::int64_t step);
  /// After them and before the optimizer's step: tells the readings of `arm`'s step, and alarms, if it was due.
  void report(TrainObserver& observer);

  void observe(const nn::Norm& norm, const at::Tensor& tokens) override;

 private:
  struct Seen {
    at::Tensor tokens;  // n x C, on the model's device
    at::Tensor runningMean, runningVar;
  };
  [[nodiscard]] at::Tensor sampleOf(const at::Tensor& tokens);
  [[nodiscard]] NormSample describe(const nn::Norm& norm, const Seen& seen) const;

  nn::Context& context_;
  const std::int64_t every_;
  std::vector<std::pair<std::string, const nn::Norm*>> norms_;  // in the order of the model's modules
  std::map<const nn::Norm*, Seen> seen_;
  std::map<std::int64_t, at::Tensor> rows_;  // which tokens are taken, by their number in the batch
  std::int64_t step_ = 0;
  bool isArmed_ = false;
  NormAlarms alarms_;
};

}  // namespace slab::train
