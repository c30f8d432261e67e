// An exponential moving average of a model's weights and statistics.
#pragma once

#include <memory>
#include <vector>

#include "core/models/backbone.h"

namespace slab::train {

/// After each optimizer step, for every entry of the state dict, BatchNorm's statistics included:
///   average <- decay average + (1 - decay) value
/// as timm 0.4.12's ModelEmaV2, but for integers (counters), which are copied instead of truncated, and for index and
/// mask tensors, which never change. The average is a model of its own, in evaluation mode.
class Ema {
 public:
  /// Begins as a copy of `model`, on its device. Keeps references to the model's tensors: they must not be replaced.
  Ema(const Backbone& model, double decay);

  void update();
  /// Begins anew as a copy of the model.
  void restart();
  [[nodiscard]] Backbone& model() const { return *average_; }

 private:
  std::shared_ptr<Backbone> average_;
  double decay_;
  std::vector<at::Tensor> averages_, values_;  // of floating point, in the same order
  std::vector<at::Tensor> copies_, counters_;
};

}  // namespace slab::train
