// A model's running statistics and counters before a step, for a step that has to be taken again.
#pragma once

#include <torch/nn/module.h>

#include <vector>

namespace slab::train {

/// The model's own buffers that a forward moves: running statistics and counts, not tables and masks.
std::vector<at::Tensor> movingBuffers(const torch::nn::Module& model);

/// A forward moves running means, variances and counts. Holds references to the model's buffers and a copy of
/// each: a few kilobytes a norm.
class KeptBuffers {
 public:
  explicit KeptBuffers(const torch::nn::Module& model);

  void keep();
  /// Puts back what was kept last.
  void restore();

 private:
  std::vector<at::Tensor> buffers_, copies_;
};

}  // namespace slab::train
