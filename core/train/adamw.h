// AdamW (Loshchilov and Hutter, 2019) on LibTorch's fused kernels: one call a group and step.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "core/train/named_tensors.h"

namespace slab::train {

struct ParameterGroup {
  NamedTensors parameters;
  double weightDecay = 0.0;
};

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
};

/// Step t of a parameter w with gradient g, counted for each parameter by itself:
///   w <- w (1 - lr decay);  m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2
///   w <- w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
/// A parameter without gradient is left alone, decay included, and its t stays. Holds references to
/// the parameters' storage; used by the training thread alone.
class AdamW {
 public:
  AdamW(std::vector<ParameterGroup> groups, AdamWOptions options);

  void step(double learningRate);
  void zeroGrad();

  /// All parameters in the order of the groups.
  [[nodiscard]] const NamedTensors& parameters() const { return parameters_; }

  /// "<param>/step" (float32 scalar), "<param>/exp_avg" and "<param>/exp_avg_sq" of every parameter;
  /// the tensors are the optimizer's own.
  [[nodiscard]] NamedTensors state() const;

  /// Copies each entry of `state()` from what `find(name)` returns. Throws Error(Checkpoint) naming
  /// the first entry that is missing (an undefined tensor) or has another shape.
  void loadState(const std::function<at::Tensor(const std::string&)>& find);

 private:
  struct Slot {
    std::string name;
    at::Tensor parameter, step, expAvg, expAvgSq;
  };
  struct Group {
    std::vector<Slot> slots;
    double weightDecay;
  };

  void stepGroup(Group& group, double learningRate);

  std::vector<Group> groups_;
  NamedTensors parameters_;
  AdamWOptions options_;
};

}  // namespace slab::train
