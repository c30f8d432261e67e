// Parameter gradients of a linear layer on our own kernel (kernels/weight_gradient.h).
#pragma once

#include <ATen/core/Tensor.h>

namespace slab::ops {

struct ParameterGradients {
  at::Tensor weight;  // (out, in)
  at::Tensor bias;    // (out), undefined where it was not asked for
};

/// True for float32 on the CPU with at least one row.
[[nodiscard]] bool weightGradientKernelSupports(const at::Tensor& dy, const at::Tensor& x);

/// dW = dY^T X and, with `withBias`, db = sum over rows of dY: dY (rows, out), x (rows, in). The result depends
/// on the sizes alone, not on the threads.
ParameterGradients weightGradientKernel(const at::Tensor& dy, const at::Tensor& x, bool withBias);

}  // namespace slab::ops
