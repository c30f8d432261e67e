// PVT's attention with separate q and kv layers and keys on a reduced grid (Wang et al., 2021), with softmax
// or with a linear attention in its place.
#pragma once

#include <optional>

#include "core/nn/attention/attention.h"
#include "core/nn/norms/make_norm.h"

namespace slab::nn {

/// tokens (B, N, C) of a whole grid -> (B, N, C): q from the tokens, k and v from the tokens or, where the
/// place reduces, from norm(sr(map)), a convolution whose kernel is its stride. Registered names are the
/// reference's: "q", "kv", "proj" and, with a reduction, "sr", "norm".
class SpatialReductionAttention : public Attention {
 public:
  at::Tensor forward(const at::Tensor& tokens);
  /// From now on tokens lie on this grid; a positional encoding is stretched from its own to it.
  void setGrid(std::int64_t height, std::int64_t width);

  std::shared_ptr<Linear> q;
  std::shared_ptr<Linear> kv;
  std::shared_ptr<Linear> proj;
  std::shared_ptr<Conv2d> sr;    // nullptr without a reduction
  std::optional<NormSlot> norm;  // empty without a reduction

 protected:
  /// `norms` makes the norm behind the reducing convolution.
  SpatialReductionAttention(AttentionPlace place, AttentionShape shape, const NormFactory& norms);
  /// q (B, N, C), k and v (B, M, C) -> (B, N, C); tells the probe, if there is one.
  virtual at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) = 0;
  /// What all kinds tell a probe.
  [[nodiscard]] AttentionRecord recordOf(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                         const at::Tensor& output) const;

 private:
  at::Tensor reduced(const at::Tensor& tokens);
};

/// softmax(q k^T / sqrt(d)) v.
class ReducedSoftmaxAttention : public SpatialReductionAttention {
 public:
  ReducedSoftmaxAttention(AttentionPlace place, AttentionShape shape, const NormFactory& norms);
  [[nodiscard]] AttentionKind kind() const override { return AttentionKind::Softmax; }

 protected:
  at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) override;

 private:
  double scale_;
};

/// Simplified or focused linear attention as in SimplifiedLinearAttention and FocusedLinearAttention. With a
/// reduction its depthwise convolution sees v stretched from M to N tokens by linear interpolation along the
/// flattened token axis, which mixes rows: the reference's rule, kept so that its weights mean the same (no
/// published model uses it). Registered names beyond the base's: "scale" (1, 1, C; focused),
/// "positional_encoding" (1, M, C), "dwc".
class ReducedLinearAttention : public SpatialReductionAttention {
 public:
  ReducedLinearAttention(AttentionKind kind, AttentionPlace place, AttentionShape shape, const NormFactory& norms);
  [[nodiscard]] AttentionKind kind() const override { return kind_; }

  at::Tensor scale;  // undefined for simplified linear attention
  at::Tensor positionalEncoding;
  std::shared_ptr<Conv2d> dwc;

 protected:
  at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) override;

 private:
  /// (1, M, C) for the keys of the present grid.
  [[nodiscard]] at::Tensor encoding() const;
  at::Tensor attendSimplified(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v);
  at::Tensor attendFocused(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v);
  void report(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& wide,
              const at::Tensor& output) const;

  AttentionKind kind_;
};

}  // namespace slab::nn
