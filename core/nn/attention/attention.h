// What every attention offers, where it stands in the model, and what a probe is told about it.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>

#include "core/nn/affine_layers.h"
#include "core/nn/context.h"

namespace slab::nn {

enum class AttentionKind { Softmax, SimplifiedLinear };

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

  /// Grid of the tokens attended together.
  [[nodiscard]] std::int64_t windowHeight() const { return window < height ? window : height; }
  [[nodiscard]] std::int64_t windowWidth() const { return window < width ? window : width; }
  [[nodiscard]] std::int64_t tokens() const { return prefixTokens + windowHeight() * windowWidth(); }
};

/// One attention's inner values, all before its output projection. B' = batch x windows (windows fastest),
/// N tokens a window, head h owns the channels [h d, (h + 1) d). Tensors are the forward's own: copy what
/// must outlive it.
struct AttentionRecord {
  AttentionKind kind = AttentionKind::Softmax;
  AttentionPlace place;
  std::int64_t heads = 1;
  at::Tensor q;          // (B', N, C)
  at::Tensor k;          // (B', N, C), the positional encoding added, before the ReLU
  at::Tensor v;          // (B', N, C)
  at::Tensor output;     // (B', N, C)
  double scale = 1.0;    // softmax: logits are scale q k^T + bias
  at::Tensor bias;       // softmax: relative position bias plus shift mask, broadcastable to (B', heads, N, N)
  at::Tensor dwcWeight;  // linear: (d, 1, 5, 5), shared by the heads
  at::Tensor dwcBias;    // linear: (d)
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

/// Attention over tokens (B', N, C) with a joint qkv layer and an output projection. Registered names are
/// the reference's: "qkv", "proj".
class Attention : public torch::nn::Module {
 public:
  /// mask: (windows, N, N), added to the logits of softmax kinds; linear ones ignore it as the reference does.
  virtual at::Tensor forward(const at::Tensor& tokens, const at::Tensor& mask = {}) = 0;
  [[nodiscard]] virtual AttentionKind kind() const = 0;
  [[nodiscard]] const AttentionPlace& place() const { return place_; }
  [[nodiscard]] std::int64_t heads() const { return shape_.heads; }
  [[nodiscard]] std::int64_t channels() const { return shape_.width; }

  std::shared_ptr<Linear> qkv;
  std::shared_ptr<Linear> proj;

 protected:
  Attention(AttentionPlace place, AttentionShape shape, ContextPtr context);
  /// The probe, if it wants this attention; else nullptr.
  [[nodiscard]] AttentionProbe* probe() const;
  [[nodiscard]] const Context& context() const { return *context_; }

 private:
  AttentionPlace place_;
  AttentionShape shape_;
  ContextPtr context_;
};

}  // namespace slab::nn
