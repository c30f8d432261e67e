// What every attention offers, where it stands in the model, and what a probe is told about it.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>

#include "core/nn/affine_layers.h"
#include "core/nn/context.h"

namespace slab::nn {

enum class AttentionKind { Softmax, SimplifiedLinear, FocusedLinear };

/// Where an attention's tokens lie. Tokens of a window are row-major, windows are row-major, a class token
/// comes first.
struct AttentionPlace {
  std::string layer;        // state-dict prefix: "layers.0.blocks.1.attn"
  std::int64_t stage = 0;   // counted from 0
  std::int64_t height = 0;  // the stage's grid of tokens
  std::int64_t width = 0;
  std::int64_t window = 0;        // tokens a side of a window; the grid's side where one window covers it
  std::int64_t shift = 0;         // cyclic shift (up and left) before the windows are cut
  std::int64_t prefixTokens = 0;  // class tokens in front of the grid's
  /// CSWin: rows and columns of a window that is not square, in place of `window`; else 0.
  std::int64_t stripeHeight = 0;
  std::int64_t stripeWidth = 0;
  std::int64_t reduction = 1;  // a key stands for reduction x reduction tokens (PVT's sr ratio)

  /// Grid of the tokens attended together.
  [[nodiscard]] std::int64_t windowHeight() const {
    return stripeHeight > 0 ? stripeHeight : window < height ? window : height;
  }
  [[nodiscard]] std::int64_t windowWidth() const {
    return stripeWidth > 0 ? stripeWidth : window < width ? window : width;
  }
  [[nodiscard]] std::int64_t tokens() const { return prefixTokens + windowHeight() * windowWidth(); }
  /// Grid of their keys and values; rows and columns that fill no whole key are left out, as the reference does.
  [[nodiscard]] std::int64_t keyHeight() const { return windowHeight() / reduction; }
  [[nodiscard]] std::int64_t keyWidth() const { return windowWidth() / reduction; }
};

/// One attention's inner values, all before its output projection. B' = batch x windows (windows fastest),
/// N tokens and M keys a window (M = N unless the place reduces them), head h owns the channels
/// [h d, (h + 1) d). Tensors are the forward's own: copy what must outlive it.
struct AttentionRecord {
  AttentionKind kind = AttentionKind::Softmax;
  AttentionPlace place;
  std::int64_t heads = 1;
  at::Tensor q;          // (B', N, C); focused linear: the features phi(q)
  at::Tensor k;          // (B', M, C), the positional encoding added, before the ReLU; focused linear: phi(k + P)
  at::Tensor v;          // (B', M, C)
  at::Tensor output;     // (B', N, C)
  double scale = 1.0;    // softmax: logits are scale q k^T + bias
  at::Tensor bias;       // softmax: relative position bias plus shift mask, broadcastable to (B', heads, N, M)
  at::Tensor dwcWeight;  // linear: (d, 1, 5, 5), shared by the heads
  at::Tensor dwcBias;    // linear: (d)
  /// CSWin: the 3 x 3 filters that each channel of v has of its own, (C, 1, 3, 3) and (C); else undefined.
  at::Tensor lepeWeight;
  at::Tensor lepeBias;
  /// Linear with M < N: what the depthwise convolution sees, v stretched to (B', N, C); else undefined.
  at::Tensor stretchedV;
};

/// Receives records during a forward, on its thread.
class AttentionProbe {
 public:
  virtual ~AttentionProbe() = default;
  /// Asked before a record is put together.
  virtual bool wants(const AttentionPlace& place) = 0;
  virtual void record(const AttentionRecord& record) = 0;
};

struct AttentionShape {
  std::int64_t width = 0;  // channels C
  std::int64_t heads = 1;
  bool qkvBias = true;
};

/// What all attentions share. How tokens come in and out is each kind's own affair.
class Attention : public torch::nn::Module {
 public:
  [[nodiscard]] virtual AttentionKind kind() const = 0;
  [[nodiscard]] const AttentionPlace& place() const { return place_; }
  [[nodiscard]] std::int64_t heads() const { return shape_.heads; }
  [[nodiscard]] std::int64_t channels() const { return shape_.width; }

 protected:
  /// For kinds that follow their tokens to another grid.
  void setPlace(AttentionPlace place) { place_ = std::move(place); }
  /// Throws Error(Config) where the heads do not divide the width.
  Attention(AttentionPlace place, AttentionShape shape, ContextPtr context);
  /// The probe, if it wants this attention; else nullptr.
  [[nodiscard]] AttentionProbe* probe() const;
  [[nodiscard]] const Context& context() const { return *context_; }

 private:
  AttentionPlace place_;
  AttentionShape shape_;
  ContextPtr context_;
};

/// Attention over tokens (B', N, C) with a joint qkv layer and an output projection. Registered names are
/// the reference's: "qkv", "proj".
class JointAttention : public Attention {
 public:
  /// mask: (windows, N, N), added to the logits of softmax kinds; linear ones ignore it as the reference does.
  at::Tensor forward(const at::Tensor& tokens, const at::Tensor& mask = {});
  /// What follows the qkv layer: packed (B', N, 3C), q, k and v side by side -> (B', N, C).
  at::Tensor attend(const at::Tensor& packed, const at::Tensor& mask = {});
  /// For maps of any size: rows and columns of tokens that the windows are cut from, whole windows of both.
  void setGrid(std::int64_t height, std::int64_t width);

  std::shared_ptr<Linear> qkv;
  std::shared_ptr<Linear> proj;

 protected:
  JointAttention(AttentionPlace place, AttentionShape shape, ContextPtr context);
  /// (B', N, 3C) -> (B', N, C), before the projection; tells the probe.
  virtual at::Tensor mix(const at::Tensor& packed, const at::Tensor& mask) = 0;
};

}  // namespace slab::nn
