// Simplified linear attention (SLA; SLAB, arXiv 2405.11582, section 3.3).
#pragma once

#include "core/nn/attention/attention.h"

namespace slab::nn {

/// Per head: o_i = (q'_i sum_j k'_j^T v_j) / (q'_i sum_j k'_j + 1e-6) + DWConv5x5(V)_i with q' = ReLU(q),
/// k' = ReLU(k + P), then the projection; no 1/sqrt(d). One depthwise filter set serves all heads.
/// Registered names are the reference's: "positional_encoding" (1, N, C), "qkv", "proj", "dwc".
class SimplifiedLinearAttention : public JointAttention {
 public:
  static constexpr std::int64_t kKernel = 5;

  /// N = windowHeight x windowWidth of the place; a class token has no place in the depthwise convolution.
  SimplifiedLinearAttention(AttentionPlace place, AttentionShape shape, ContextPtr context);
  [[nodiscard]] AttentionKind kind() const override { return AttentionKind::SimplifiedLinear; }

  at::Tensor positionalEncoding;
  std::shared_ptr<Conv2d> dwc;

 protected:
  at::Tensor mix(const at::Tensor& packed, const at::Tensor& mask) override;

 private:
  void record(AttentionProbe& probe, const at::Tensor& packed, const at::Tensor& output) const;
};

}  // namespace slab::nn
