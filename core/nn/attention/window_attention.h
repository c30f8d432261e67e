// Softmax attention inside windows with a relative position bias (Swin Transformer, Liu et al., 2021).
#pragma once

#include "core/nn/attention/softmax_attention.h"

namespace slab::nn {

/// Registered names are the reference's: "relative_position_bias_table" ((2M - 1)^2, heads),
/// "relative_position_index" (M^2, M^2), "qkv", "proj". The place's window must be square.
class WindowAttention : public SoftmaxAttention {
 public:
  WindowAttention(AttentionPlace place, AttentionShape shape, ContextPtr context);

  at::Tensor relativePositionBiasTable;
  at::Tensor relativePositionIndex;

 protected:
  at::Tensor bias(std::int64_t batch, const at::Tensor& mask) override;

 private:
  // (1 or windows, heads, N, N)
  at::Tensor gatherBias(const at::Tensor& mask) const;

  // The gathered bias of the last forward without gradients, and what it was gathered from: kept alive, as another
  // mask or table may come to lie where one was freed.
  struct Gathered {
    at::Tensor values;
    at::Tensor mask;
    c10::Storage table;
    std::uint32_t version = 0;
  };
  Gathered gathered_;
};

}  // namespace slab::nn
