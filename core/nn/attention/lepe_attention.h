// Attention inside CSWin's stripes with locally enhanced positional encoding (LePE; CSWin Transformer, Dong et
// al., 2022), as softmax attention, simplified linear or focused linear attention.
#pragma once

#include "core/nn/attention/attention.h"

namespace slab::nn {

/// One branch of a block: the block's qkv layer comes before it and its projection after it. To the attention's
/// result comes a depthwise 3 x 3 convolution on v inside the stripe (LePE); the linear kinds add the depthwise
/// 5 x 5 convolution that their heads share. Registered names are the reference's: "scale" (1, 1, C) and
/// "positional_encoding" (1, N, C) (linear kinds), "get_v", "dwc" (linear kinds).
class LepeAttention : public Attention {
 public:
  static constexpr std::int64_t kLepeKernel = 3;
  static constexpr std::int64_t kKernel = 5;

  /// `shape` is the branch's: its channels C and its heads. SimplifiedLinear registers `scale` as the reference
  /// does, but uses it nowhere: it gets no gradient.
  LepeAttention(AttentionKind kind, AttentionPlace place, AttentionShape shape, ContextPtr context);
  /// packed [q | k | v] of stripes (B', N, 3C) -> (B', N, C).
  at::Tensor forward(const at::Tensor& packed);
  [[nodiscard]] AttentionKind kind() const override { return kind_; }

  at::Tensor scale;               // undefined for softmax
  at::Tensor positionalEncoding;  // undefined for softmax
  std::shared_ptr<Conv2d> getV;
  std::shared_ptr<Conv2d> dwc;  // nullptr for softmax

 private:
  [[nodiscard]] at::Tensor softmax(const at::Tensor& packed) const;
  [[nodiscard]] at::Tensor focused(const at::Tensor& packed) const;
  [[nodiscard]] at::Tensor lepe(const at::Tensor& v) const;
  void record(AttentionProbe& probe, const at::Tensor& packed, const at::Tensor& output) const;

  AttentionKind kind_;
};

}  // namespace slab::nn
