#include "core/ops/weight_gradient.h"

#include <ATen/ATen.h>

#include "core/device/parallel_for.h"
#include "core/ops/kernel_call.h"
#include "kernels/weight_gradient.h"

namespace slab::ops {
namespace {

at::Tensor withContiguousRows(const at::Tensor& x) {
  return x.stride(1) == 1 && x.stride(0) >= x.size(1) ? x : x.contiguous();
}

}  // namespace

bool weightGradientKernelSupports(const at::Tensor& dy, const at::Tensor& x) {
  const auto plain = [](const at::Tensor& t) { return t.device().is_cpu() && t.scalar_type() == at::kFloat; };
  return plain(dy) && plain(x) && dy.size(0) > 0 && dy.size(1) > 0 && x.size(1) > 0;
}

ParameterGradients weightGradientKernel(const at::Tensor& dy, const at::Tensor& x, bool withBias) {
  const auto upstream = withContiguousRows(dy), input = withContiguousRows(x);
  ParameterGradients result{at::empty({dy.size(1), x.size(1)}, x.options()), {}};
  if (withBias) result.bias = at::empty({dy.size(1)}, x.options());
  kernels::WeightGradient call;
  call.rows = x.size(0);
  call.in = x.size(1);
  call.out = dy.size(1);
  call.x = floats(input);
  call.xStride = input.stride(0);
  call.dy = floats(upstream);
  call.dyStride = upstream.stride(0);
  call.dWeight = mutableFloats(result.weight);
  call.dBias = mutableFloats(result.bias);
  const auto pool = device::kernelParallelFor();
  runKernel<kernels::WeightGradient>(
      {&kernels::weightGradientWorkspaceBytes,
       [&](const kernels::WeightGradient& with) { return kernels::weightGradient(with, pool); }},
      call, x, "weight_gradient");
  return result;
}

}  // namespace slab::ops
