// The composites of ATen operations that eager PyTorch runs for the reference's code: what `ops.backend =
// reference` computes, what kernels fall back to, and the rival of every bench. BatchNorm1d runs on the
// transposed view, as in the reference. Shapes as in norm.h and simplified_linear_attention.h.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/ops/simplified_linear_attention.h"

namespace slab::ops::reference {

at::Tensor layerNorm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps);

/// BN(x) + alpha x on the transposed view; `training` takes batch statistics and updates the running ones.
at::Tensor repBn(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& alpha,
                 const at::Tensor& runningMean, const at::Tensor& runningVar, bool training, double momentum,
                 double eps);

/// Takes fewer keys than queries as well: k, v and the positional encoding (B or 1, M, C), and then `dwcInput`
/// (B, N, C) for the depthwise convolution, which sees v where it is undefined.
at::Tensor simplifiedLinearAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                     const at::Tensor& positionalEncoding, const at::Tensor& dwcWeight,
                                     const at::Tensor& dwcBias, SlaShape shape, const at::Tensor& dwcInput = {});

at::Tensor softmaxAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias,
                            double scale);

}  // namespace slab::ops::reference
