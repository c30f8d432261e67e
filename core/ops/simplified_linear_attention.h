// Simplified linear attention (SLA; SLAB, arXiv 2405.11582, section 3.3), between the qkv and the output
// projection:
//   q' = ReLU(q),  k' = ReLU(k + P),  per head:
//   o_i = (q'_i sum_j k'_j^T v_j) / (q'_i sum_j k'_j + 1e-6) + DWConv(V)_i
// The depthwise convolution (odd kernel, "same" zero padding, bias) runs over the token grid of V with one
// filter set of d channels that all heads share.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace slab::ops {

/// Tokens are row-major on a height x width grid, N = height * width; a head has d = C / heads channels,
/// and head h owns the channels [h d, (h + 1) d).
struct SlaShape {
  std::int64_t heads = 1;
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// qkv (B, N, 3C) packed [q | k | v], positionalEncoding (1, N, C), dwcWeight (d, 1, k, k), dwcBias (d)
/// -> (B, N, C) in qkv's type. Differentiable in all four. Reduced precision is summed in float32
/// (the reference's fp32 island); float64 stays float64. Throws slab::Error(Internal) where shapes disagree.
at::Tensor simplifiedLinearAttention(const at::Tensor& qkv, const at::Tensor& positionalEncoding,
                                     const at::Tensor& dwcWeight, const at::Tensor& dwcBias, SlaShape shape);

/// The same with q, k, v apart, (B, N, C) each.
at::Tensor simplifiedLinearAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                     const at::Tensor& positionalEncoding, const at::Tensor& dwcWeight,
                                     const at::Tensor& dwcBias, SlaShape shape);

}  // namespace slab::ops
