// The kernels of PRepBN as operators of LibTorch's dispatcher:
//   slab::prep_bn            training forward, differentiable; mode 0 both norms, 1 LayerNorm, 2 RepBN
//   slab::prep_bn_forward    the same with the statistics that the backward needs
//   slab::prep_bn_backward   its gradients
//   slab::rep_bn_inference   RepBN with running statistics, not differentiable
// The CPU kernels are registered here, the CUDA kernels by the CUDA module through the functions below.
#pragma once

#include <ATen/core/Tensor.h>

#include <tuple>

#include "core/ops/kernel_call.h"
#include "kernels/prep_bn.h"

namespace slab::ops {

/// Parameters of one PRepBN layer; those that the mode leaves out are undefined. float32, contiguous.
struct PrepBnParameters {
  at::Tensor lnWeight, lnBias, bnWeight, bnBias, alpha;
};

struct PrepBnSettings {
  kernels::PrepBnMode mode = kernels::PrepBnMode::Mixed;
  double lambda = 1.0;
  double lnEps = 1e-5;
  double bnEps = 1e-5;
  double momentum = 0.1;
};

/// Output, LayerNorm's mean and 1/deviation of each row, BatchNorm's of each channel.
using PrepBnForwardResult = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor>;
/// Gradients of x, LN weight and bias, BN weight and bias, alpha; undefined where the mode has none.
using PrepBnBackwardResult = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor>;

/// True where the kernel takes this input, parameters and running statistics.
[[nodiscard]] bool prepBnKernelSupports(const at::Tensor& x, const at::Tensor& runningMean,
                                        const at::Tensor& runningVar);

/// The differentiable operator; x (..., C). Parameters may be of any floating type.
at::Tensor prepBnKernel(const at::Tensor& x, const PrepBnParameters& parameters, const at::Tensor& runningMean,
                        const at::Tensor& runningVar, const PrepBnSettings& settings);

/// slab::rep_bn_inference; parameters as above, without the LayerNorm ones.
at::Tensor repBnKernel(const at::Tensor& x, const PrepBnParameters& parameters, const at::Tensor& runningMean,
                       const at::Tensor& runningVar, double eps);

/// The bodies behind the dispatcher's CPU and CUDA keys.
PrepBnForwardResult runPrepBnForward(const at::Tensor& x, const PrepBnParameters& parameters,
                                     const at::Tensor& runningMean, const at::Tensor& runningVar,
                                     const PrepBnSettings& settings, const KernelEntry<kernels::PrepBnForward>& entry);
PrepBnBackwardResult runPrepBnBackward(const at::Tensor& dy, const at::Tensor& x, const PrepBnParameters& parameters,
                                       const at::Tensor& lnMean, const at::Tensor& lnRstd, const at::Tensor& bnMean,
                                       const at::Tensor& bnRstd, const PrepBnSettings& settings, bool needsInput,
                                       const KernelEntry<kernels::PrepBnBackward>& entry);
at::Tensor runRepBnInference(const at::Tensor& x, const PrepBnParameters& parameters, const at::Tensor& runningMean,
                             const at::Tensor& runningVar, double eps,
                             const KernelEntry<kernels::RepBnInference>& entry);

}  // namespace slab::ops
