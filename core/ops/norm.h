// Normalisations over the channels of x (..., C), channels last; every leading position is a token.
//
// PRepBN (SLAB, arXiv 2405.11582, section 3.2) goes from LayerNorm to re-parameterised BatchNorm:
//   RepBN(x)  = BN(x) + alpha x,   BN(x) = gamma (x - mean) / sqrt(var + eps) + beta
//   PRepBN(x) = lambda LN(x) + (1 - lambda) RepBN(x)
// BatchNorm's statistics run over all tokens of the batch.
//
// In training, `runningMean` and `runningVar` are updated in place with the batch mean and the unbiased
// batch variance (n / (n - 1)): r <- (1 - momentum) r + momentum s. All parameters are (C), alpha is (1).
// Inside an Autocast scope x is taken in float32, and so is the result.
#pragma once

#include <ATen/core/Tensor.h>

namespace slab::ops {

/// LN(x) over the last dimension.
at::Tensor layerNorm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps);

/// RepBN with the running statistics: one multiply-add per value. Differentiable in x and the parameters.
at::Tensor repBnEval(const at::Tensor& x, const at::Tensor& bnWeight, const at::Tensor& bnBias, const at::Tensor& alpha,
                     const at::Tensor& runningMean, const at::Tensor& runningVar, double eps);

/// RepBN with batch statistics; updates the running ones. Throws slab::Error(Data) for fewer than two tokens.
at::Tensor repBnTrain(const at::Tensor& x, const at::Tensor& bnWeight, const at::Tensor& bnBias,
                      const at::Tensor& alpha, const at::Tensor& runningMean, const at::Tensor& runningVar,
                      double momentum, double eps);

/// lambda LN(x) + (1 - lambda) RepBN(x) with batch statistics; updates the running ones. `lambda` is a
/// host constant of the step. Both branches count at every lambda: at 0 the LayerNorm parameters get zero
/// gradients (not absent ones), at 1 BatchNorm's do. Throws slab::Error(Data) for fewer than two tokens.
at::Tensor prepBnTrain(const at::Tensor& x, const at::Tensor& lnWeight, const at::Tensor& lnBias, double lnEps,
                       const at::Tensor& bnWeight, const at::Tensor& bnBias, const at::Tensor& alpha,
                       const at::Tensor& runningMean, const at::Tensor& runningVar, double momentum, double bnEps,
                       double lambda);

}  // namespace slab::ops
