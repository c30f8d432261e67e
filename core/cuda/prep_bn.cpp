// The CUDA kernels of PRepBN under the schemas of core/ops/prep_bn_binding.h.
#include "kernels/prep_bn.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include "core/ops/prep_bn_binding.h"

namespace slab::cuda {
namespace {

using OptionalTensor = std::optional<at::Tensor>;

at::Tensor orUndefined(const OptionalTensor& tensor) {
  return tensor.value_or(at::Tensor());
}

ops::PrepBnForwardResult forward(const at::Tensor& x, const OptionalTensor& lnWeight, const OptionalTensor& lnBias,
                                 const OptionalTensor& bnWeight, const OptionalTensor& bnBias,
                                 const OptionalTensor& alpha, const OptionalTensor& runningMean,
                                 const OptionalTensor& runningVar, std::int64_t mode, double lambda, double lnEps,
                                 double bnEps, double momentum) {
  const c10::cuda::CUDAGuard device(x.device());
  void* stream = c10::cuda::getCurrentCUDAStream().stream();
  return ops::runPrepBnForward(
      x, {orUndefined(lnWeight), orUndefined(lnBias), orUndefined(bnWeight), orUndefined(bnBias), orUndefined(alpha)},
      orUndefined(runningMean), orUndefined(runningVar),
      {static_cast<kernels::PrepBnMode>(mode), lambda, lnEps, bnEps, momentum},
      {&kernels::cuda::prepBnForwardWorkspaceBytes,
       [&](const kernels::PrepBnForward& call) { return kernels::cuda::prepBnForward(call, stream); }});
}

ops::PrepBnBackwardResult backward(const at::Tensor& dy, const at::Tensor& x, const OptionalTensor& lnWeight,
                                   const OptionalTensor& bnWeight, const OptionalTensor& alpha,
                                   const OptionalTensor& lnMean, const OptionalTensor& lnRstd,
                                   const OptionalTensor& bnMean, const OptionalTensor& bnRstd, std::int64_t mode,
                                   double lambda, bool needsInput) {
  const c10::cuda::CUDAGuard device(x.device());
  void* stream = c10::cuda::getCurrentCUDAStream().stream();
  return ops::runPrepBnBackward(
      dy, x, {orUndefined(lnWeight), {}, orUndefined(bnWeight), {}, orUndefined(alpha)}, orUndefined(lnMean),
      orUndefined(lnRstd), orUndefined(bnMean), orUndefined(bnRstd),
      {static_cast<kernels::PrepBnMode>(mode), lambda, 0.0, 0.0, 0.0}, needsInput,
      {&kernels::cuda::prepBnBackwardWorkspaceBytes,
       [&](const kernels::PrepBnBackward& call) { return kernels::cuda::prepBnBackward(call, stream); }});
}

at::Tensor inference(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& alpha,
                     const at::Tensor& runningMean, const at::Tensor& runningVar, double eps) {
  const c10::cuda::CUDAGuard device(x.device());
  void* stream = c10::cuda::getCurrentCUDAStream().stream();
  return ops::runRepBnInference(
      x, {{}, {}, weight, bias, alpha}, runningMean, runningVar, eps,
      {&kernels::cuda::repBnInferenceWorkspaceBytes,
       [&](const kernels::RepBnInference& call) { return kernels::cuda::repBnInference(call, stream); }});
}

TORCH_LIBRARY_IMPL(slab, CUDA, library) {
  library.impl("prep_bn_forward", forward);
  library.impl("prep_bn_backward", backward);
  library.impl("rep_bn_inference", inference);
}

}  // namespace
}  // namespace slab::cuda
