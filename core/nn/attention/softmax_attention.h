// Multi-head softmax attention, as DeiT uses it; window attention adds its bias to it.
#pragma once

#include "core/nn/attention/attention.h"

namespace slab::nn {

/// softmax(q k^T / sqrt(d) + bias) v, then the projection. Registered names: "qkv", "proj".
class SoftmaxAttention : public JointAttention {
 public:
  SoftmaxAttention(AttentionPlace place, AttentionShape shape, ContextPtr context);
  [[nodiscard]] AttentionKind kind() const override { return AttentionKind::Softmax; }

 protected:
  at::Tensor mix(const at::Tensor& packed, const at::Tensor& mask) override;
  /// Added to the logits: undefined, or broadcastable to (batch, heads, N, N).
  virtual at::Tensor bias(std::int64_t batch, const at::Tensor& mask);

 private:
  void record(AttentionProbe& probe, const at::Tensor& packed, const at::Tensor& logitBias,
              const at::Tensor& output) const;

  double scale_;
};

}  // namespace slab::nn
