// The kernels of simplified linear attention as operators of LibTorch's dispatcher:
//   slab::sla             differentiable, q, k, v apart;   slab::sla.packed   with one (B, N, 3C) tensor
//   slab::sla_forward     the same with the state that the backward needs
//   slab::sla_backward    the gradients, those of q, k and v packed as (B, N, 3C)
// The CPU kernels are registered here, the CUDA kernels by the CUDA module through the functions below.
#pragma once

#include <ATen/core/Tensor.h>

#include <tuple>

#include "core/ops/kernel_call.h"
#include "core/ops/simplified_linear_attention.h"
#include "kernels/simplified_linear_attention.h"

namespace slab::ops {

/// P (1, N, C), depthwise weight (d, 1, k, k) and bias (d); float32, contiguous.
struct SlaParameters {
  at::Tensor position, convWeight, convBias;
};

/// Output (B, N, C) and the kernel's state (undefined where it is not kept).
using SlaForwardResult = std::tuple<at::Tensor, at::Tensor>;
/// Gradients of the packed q, k, v (B, N, 3C) and of the parameters.
using SlaBackwardResult = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>;

/// True where the kernel takes this type, device and convolution.
[[nodiscard]] bool slaKernelSupports(const at::Tensor& q, const at::Tensor& convWeight);

/// The differentiable operators; parameters may be of any floating type.
at::Tensor slaKernel(const at::Tensor& qkv, const SlaParameters& parameters, SlaShape shape);
at::Tensor slaKernel(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const SlaParameters& parameters,
                     SlaShape shape);

/// The bodies behind the dispatcher's CPU and CUDA keys.
SlaForwardResult runSlaForward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                               const SlaParameters& parameters, SlaShape shape, bool keepState,
                               const KernelEntry<kernels::SlaForward>& entry);
SlaBackwardResult runSlaBackward(const at::Tensor& dOut, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 const SlaParameters& parameters, const at::Tensor& state, SlaShape shape,
                                 const KernelEntry<kernels::SlaBackward>& entry);

}  // namespace slab::ops
