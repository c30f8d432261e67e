// Focused linear attention (FLatten Transformer, Han et al., ICCV 2023).
#pragma once

#include "core/nn/attention/attention.h"

namespace slab::nn {

/// phi(x) of x (B, N, C): x' = (ReLU(x) + 1e-6) / softplus(scale), then x'^3 |x'| / |x'^3| with the power per
/// element and the norms over all channels of a token, before heads are split. scale: (1, 1, C). Reduced
/// precision is computed in float32, where the powers fit.
[[nodiscard]] at::Tensor focusedFeatures(const at::Tensor& x, const at::Tensor& scale);

/// Per head o_i = q_i (sum_j k_j^T v_j) / M / (q_i . mean_j k_j + 1e-6), of features q = phi(Q) (B, N, C),
/// k = phi(K + P) (B, M, C) and v (B, M, C) -> (B, N, C). The depthwise term is the caller's.
[[nodiscard]] at::Tensor focusedLinearAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                                std::int64_t heads);

/// The attention with a joint qkv layer, as in Swin: the features' attention, plus a depthwise 5 x 5
/// convolution on V with one filter set for all heads, then the projection. Registered names are the
/// reference's: "scale" (1, 1, C), "positional_encoding" (1, N, C), "qkv", "proj", "dwc".
class FocusedLinearAttention : public JointAttention {
 public:
  static constexpr std::int64_t kKernel = 5;

  FocusedLinearAttention(AttentionPlace place, AttentionShape shape, ContextPtr context);
  [[nodiscard]] AttentionKind kind() const override { return AttentionKind::FocusedLinear; }

  at::Tensor scale;
  at::Tensor positionalEncoding;
  std::shared_ptr<Conv2d> dwc;

 protected:
  at::Tensor mix(const at::Tensor& packed, const at::Tensor& mask) override;
};

}  // namespace slab::nn
