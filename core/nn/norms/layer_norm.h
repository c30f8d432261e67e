// LayerNorm over the channels. Registered names are the reference's: "weight", "bias".
#pragma once

#include "core/nn/norms/norm.h"

namespace slab::nn {

class LayerNorm : public Norm {
 public:
  LayerNorm(std::int64_t channels, double eps);
  at::Tensor forward(const at::Tensor& tokens) override;
  [[nodiscard]] std::int64_t channels() const override { return weight.size(0); }
  [[nodiscard]] double eps() const { return eps_; }

  at::Tensor weight;
  at::Tensor bias;

 private:
  double eps_;
};

}  // namespace slab::nn
