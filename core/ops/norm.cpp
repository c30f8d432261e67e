#include "core/ops/norm.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <initializer_list>

#include "core/base/error.h"
#include "core/ops/autocast.h"
#include "core/ops/options.h"
#include "core/ops/prep_bn_binding.h"
#include "core/ops/reference.h"
#include "core/ops/synchronized_norm.h"

namespace slab::ops {
namespace {

void requireTwoTokens(const at::Tensor& x) {
  if (x.size(-1) > 0 && x.numel() / x.size(-1) < 2) {
    throw Error(ErrorKind::Data, "RepBN needs at least two tokens in a training batch; use a larger batch or image");
  }
}

bool takesKernel(const at::Tensor& x, const at::Tensor& runningMean, const at::Tensor& runningVar) {
  const auto backend = options().backend;
  if (backend == Backend::Reference) return false;
  if (prepBnKernelSupports(x, runningMean, runningVar)) return true;
  if (backend == Backend::Auto) return false;
  throw Error(ErrorKind::Config, std::string("ops.backend=kernel has no normalisation for ") +
                                     at::toString(x.scalar_type()) + " on " + x.device().str() +
                                     "; set ops.backend to auto");
}

bool anyRequiresGrad(std::initializer_list<at::Tensor> tensors) {
  return at::GradMode::is_enabled() &&
         std::any_of(tensors.begin(), tensors.end(), [](const at::Tensor& t) { return t.requires_grad(); });
}

}  // namespace

at::Tensor layerNorm(const at::Tensor& given, const at::Tensor& weight, const at::Tensor& bias, double eps) {
  return reference::layerNorm(widened(given), weight, bias, eps);
}

at::Tensor repBnEval(const at::Tensor& given, const at::Tensor& bnWeight, const at::Tensor& bnBias,
                     const at::Tensor& alpha, const at::Tensor& runningMean, const at::Tensor& runningVar, double eps) {
  const at::Tensor x = widened(given);
  const bool differentiable = anyRequiresGrad({x, bnWeight, bnBias, alpha});
  if (!differentiable && takesKernel(x, runningMean, runningVar)) {
    return repBnKernel(x, {{}, {}, bnWeight, bnBias, alpha}, runningMean, runningVar, eps);
  }
  return reference::repBn(x, bnWeight, bnBias, alpha, runningMean, runningVar, false, 0.0, eps);
}

at::Tensor repBnTrain(const at::Tensor& given, const at::Tensor& bnWeight, const at::Tensor& bnBias,
                      const at::Tensor& alpha, const at::Tensor& runningMean, const at::Tensor& runningVar,
                      double momentum, double eps) {
  const at::Tensor x = widened(given);
  requireTwoTokens(x);
  if (areStatisticsSynchronized()) {
    return synchronizedRepBn(x, bnWeight, bnBias, alpha, runningMean, runningVar, momentum, eps);
  }
  if (takesKernel(x, runningMean, runningVar)) {
    return prepBnKernel(x, {{}, {}, bnWeight, bnBias, alpha}, runningMean, runningVar,
                        {kernels::PrepBnMode::RepBn, 0.0, 0.0, eps, momentum});
  }
  return reference::repBn(x, bnWeight, bnBias, alpha, runningMean, runningVar, true, momentum, eps);
}

at::Tensor prepBnTrain(const at::Tensor& given, const at::Tensor& lnWeight, const at::Tensor& lnBias, double lnEps,
                       const at::Tensor& bnWeight, const at::Tensor& bnBias, const at::Tensor& alpha,
                       const at::Tensor& runningMean, const at::Tensor& runningVar, double momentum, double bnEps,
                       double lambda) {
  const at::Tensor x = widened(given);
  requireTwoTokens(x);
  const bool synchronized = areStatisticsSynchronized();
  if (!synchronized && takesKernel(x, runningMean, runningVar)) {
    return prepBnKernel(x, {lnWeight, lnBias, bnWeight, bnBias, alpha}, runningMean, runningVar,
                        {kernels::PrepBnMode::Mixed, lambda, lnEps, bnEps, momentum});
  }
  const auto left = reference::layerNorm(x, lnWeight, lnBias, lnEps);
  const auto right = synchronized
                         ? synchronizedRepBn(x, bnWeight, bnBias, alpha, runningMean, runningVar, momentum, bnEps)
                         : reference::repBn(x, bnWeight, bnBias, alpha, runningMean, runningVar, true, momentum, bnEps);
  return left * lambda + right * (1.0 - lambda);
}

}  // namespace slab::ops
