#include <ATen/ATen.h>

#include "core/ops/sla_binding.h"

namespace slab::ops {
namespace {

/// Tokens with contiguous channels; batch and token strides stay as they are.
at::Tensor asTokens(const at::Tensor& x) {
  const bool readable = (x.stride(2) == 1 || x.size(2) == 1) && x.stride(1) >= x.size(2);
  return readable ? x : x.contiguous();
}

kernels::ConstTokens tokens(const at::Tensor& x) {
  return {x.const_data_ptr(), x.stride(0), x.stride(1)};
}

kernels::Tokens mutableTokens(const at::Tensor& x) {
  return {x.mutable_data_ptr(), x.stride(0), x.stride(1)};
}

kernels::SlaShape kernelShape(const at::Tensor& q, const at::Tensor& convWeight, SlaShape shape) {
  kernels::SlaShape result;
  result.dtype = kernelType(q);
  result.batch = q.size(0);
  result.queries = result.keys = q.size(1);
  result.heads = shape.heads;
  result.headDim = q.size(2) / shape.heads;
  result.height = shape.height;
  result.width = shape.width;
  result.kernel = convWeight.size(2);
  return result;
}

}  // namespace

SlaForwardResult runSlaForward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                               const SlaParameters& parameters, SlaShape shape, bool keepState,
                               const KernelEntry<kernels::SlaForward>& entry) {
  const auto query = asTokens(q), key = asTokens(k), value = asTokens(v);
  const auto out = at::empty(q.sizes(), q.options().memory_format(at::MemoryFormat::Contiguous));
  at::Tensor state;
  kernels::SlaForward call;
  call.shape = kernelShape(q, parameters.convWeight, shape);
  call.q = tokens(query);
  call.k = tokens(key);
  call.v = tokens(value);
  call.position = floats(parameters.position);
  call.convWeight = floats(parameters.convWeight);
  call.convBias = floats(parameters.convBias);
  call.out = mutableTokens(out);
  if (keepState && kernels::slaStateFloats(call.shape) > 0) {
    state = at::empty({kernels::slaStateFloats(call.shape)}, q.options().dtype(at::kFloat));
    call.state = mutableFloats(state);
  }
  runKernel(entry, call, q, "simplified_linear_attention");
  return {out, state};
}

SlaBackwardResult runSlaBackward(const at::Tensor& dOut, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 const SlaParameters& parameters, const at::Tensor& state, SlaShape shape,
                                 const KernelEntry<kernels::SlaBackward>& entry) {
  const auto query = asTokens(q), key = asTokens(k), value = asTokens(v), upstream = asTokens(dOut);
  const auto channels = q.size(2);
  const auto gradient = at::empty({q.size(0), q.size(1), 3 * channels}, q.options());
  const auto part = [&](std::int64_t index) { return gradient.slice(2, index * channels, (index + 1) * channels); };
  const auto dPosition = at::empty_like(parameters.position);
  const auto dConvWeight = at::empty_like(parameters.convWeight);
  const auto dConvBias = at::empty({channels / shape.heads}, parameters.position.options());
  kernels::SlaBackward call;
  call.shape = kernelShape(q, parameters.convWeight, shape);
  call.q = tokens(query);
  call.k = tokens(key);
  call.v = tokens(value);
  call.position = floats(parameters.position);
  call.convWeight = floats(parameters.convWeight);
  call.state = floats(state);
  call.dOut = tokens(upstream);
  call.dq = mutableTokens(part(0));
  call.dk = mutableTokens(part(1));
  call.dv = mutableTokens(part(2));
  call.dPosition = mutableFloats(dPosition);
  call.dConvWeight = mutableFloats(dConvWeight);
  call.dConvBias = mutableFloats(dConvBias);
  runKernel(entry, call, q, "simplified_linear_attention backward");
  return {gradient, dPosition, dConvWeight, dConvBias};
}

}  // namespace slab::ops
