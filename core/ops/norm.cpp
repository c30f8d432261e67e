#include "core/ops/norm.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/ops/reference.h"

namespace slab::ops {
namespace {

void requireTwoTokens(const at::Tensor& x) {
  if (x.size(-1) > 0 && x.numel() / x.size(-1) < 2) {
    throw Error(ErrorKind::Data, "RepBN needs at least two tokens in a training batch; use a larger batch or image");
  }
}

}  // namespace

at::Tensor layerNorm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps) {
  return reference::layerNorm(x, weight, bias, eps);
}

at::Tensor repBnEval(const at::Tensor& x, const at::Tensor& bnWeight, const at::Tensor& bnBias, const at::Tensor& alpha,
                     const at::Tensor& runningMean, const at::Tensor& runningVar, double eps) {
  return reference::repBn(x, bnWeight, bnBias, alpha, runningMean, runningVar, false, 0.0, eps);
}

at::Tensor repBnTrain(const at::Tensor& x, const at::Tensor& bnWeight, const at::Tensor& bnBias,
                      const at::Tensor& alpha, const at::Tensor& runningMean, const at::Tensor& runningVar,
                      double momentum, double eps) {
  requireTwoTokens(x);
  return reference::repBn(x, bnWeight, bnBias, alpha, runningMean, runningVar, true, momentum, eps);
}

at::Tensor prepBnTrain(const at::Tensor& x, const at::Tensor& lnWeight, const at::Tensor& lnBias, double lnEps,
                       const at::Tensor& bnWeight, const at::Tensor& bnBias, const at::Tensor& alpha,
                       const at::Tensor& runningMean, const at::Tensor& runningVar, double momentum, double bnEps,
                       double lambda) {
  requireTwoTokens(x);
  const auto left = reference::layerNorm(x, lnWeight, lnBias, lnEps);
  const auto right = reference::repBn(x, bnWeight, bnBias, alpha, runningMean, runningVar, true, momentum, bnEps);
  return left * lambda + right * (1.0 - lambda);
}

}  // namespace slab::ops
