// Residual addition with stochastic depth.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/nn/context.h"

namespace slab::nn {

/// x + DropPath(y): in training each sample keeps its branch with probability 1 - rate, and a kept branch
/// is divided by that probability (Huang et al., 2016; one Bernoulli draw a sample, as in the reference).
/// Without gradients y's storage is reused for the result.
class ResidualDropPath {
 public:
  ResidualDropPath(double rate, ContextPtr context) : rate_(rate), context_(std::move(context)) {}

  /// x and y (B, ...) of one shape.
  [[nodiscard]] at::Tensor add(const at::Tensor& x, at::Tensor y, bool training) const;
  [[nodiscard]] double rate() const { return rate_; }

 private:
  double rate_;
  ContextPtr context_;
};

/// Rate of block `index` of `blocks`: linear from 0 for the first to `rate` for the last.
[[nodiscard]] double dropPathRate(double rate, std::int64_t index, std::int64_t blocks);

}  // namespace slab::nn
