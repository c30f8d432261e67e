// Softmax attention with an additive bias.
#pragma once

#include <ATen/core/Tensor.h>

namespace slab::ops {

/// softmax(scale q k^T + bias) v per head. q, k, v (B, h, N, d); bias undefined or broadcastable to
/// (B, h, N, N), e.g. Swin's relative position bias plus shift mask. -> (B, h, N, d). Differentiable in all,
/// the bias included. With `ops.backend = reference` it is the chain of products and softmax that the
/// reference's models run.
at::Tensor softmaxAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias,
                            double scale);

}  // namespace slab::ops
