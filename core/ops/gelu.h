// The exact GELU, differentiable; see kernels/gelu.h.
#pragma once

#include <ATen/core/Tensor.h>

namespace slab::ops {

/// x Phi(x), on our kernel where `ops.backend` allows and it supports x, else at::gelu. Differentiable twice
/// only on at::gelu.
at::Tensor gelu(const at::Tensor& x);

}  // namespace slab::ops
