#include <ATen/ATen.h>

#include <algorithm>

#include "core/ops/prep_bn_binding.h"

namespace slab::ops {
namespace {

bool hasLayerNorm(kernels::PrepBnMode mode) {
  return mode != kernels::PrepBnMode::RepBn;
}
bool hasRepBn(kernels::PrepBnMode mode) {
  return mode != kernels::PrepBnMode::LayerNorm;
}

/// x as (rows, channels) with contiguous channels; rows may be strided.
at::Tensor asRows(const at::Tensor& x) {
  const auto channels = x.size(-1);
  const auto rows = x.numel() / std::max<std::int64_t>(channels, 1);
  const auto matrix = x.dim() == 2 ? x : x.reshape({rows, channels});
  const bool unit = matrix.stride(1) == 1 || channels == 1;
  return unit && matrix.stride(0) >= channels ? matrix : matrix.contiguous();
}

at::Tensor emptyFloats(std::int64_t size, const at::Tensor& like) {
  return at::empty({size}, like.options().dtype(at::kFloat));
}

}  // namespace

PrepBnForwardResult runPrepBnForward(const at::Tensor& x, const PrepBnParameters& parameters,
                                     const at::Tensor& runningMean, const at::Tensor& runningVar,
                                     const PrepBnSettings& settings, const KernelEntry<kernels::PrepBnForward>& entry) {
  const auto rows = asRows(x);
  const auto y = at::empty(x.sizes(), x.options().memory_format(at::MemoryFormat::Contiguous));
  at::Tensor lnMean, lnRstd, bnMean, bnRstd;
  kernels::PrepBnForward call;
  call.mode = settings.mode;
  call.dtype = kernelType(x);
  call.rows = rows.size(0);
  call.channels = rows.size(1);
  call.lambda = static_cast<float>(settings.lambda);
  call.lnEps = static_cast<float>(settings.lnEps);
  call.bnEps = static_cast<float>(settings.bnEps);
  call.momentum = static_cast<float>(settings.momentum);
  call.x = rows.const_data_ptr();
  call.xStride = rows.stride(0);
  call.y = y.mutable_data_ptr();
  call.yStride = call.channels;
  if (hasLayerNorm(settings.mode)) {
    lnMean = emptyFloats(call.rows, x);
    lnRstd = emptyFloats(call.rows, x);
    call.lnWeight = floats(parameters.lnWeight);
    call.lnBias = floats(parameters.lnBias);
  }
  if (hasRepBn(settings.mode)) {
    bnMean = emptyFloats(call.channels, x);
    bnRstd = emptyFloats(call.channels, x);
    call.bnWeight = floats(parameters.bnWeight);
    call.bnBias = floats(parameters.bnBias);
    call.alpha = floats(parameters.alpha);
    call.runningMean = mutableFloats(runningMean);
    call.runningVar = mutableFloats(runningVar);
  }
  call.lnMean = mutableFloats(lnMean);
  call.lnRstd = mutableFloats(lnRstd);
  call.bnMean = mutableFloats(bnMean);
  call.bnRstd = mutableFloats(bnRstd);
  runKernel(entry, call, x, "prep_bn");
  return {y, lnMean, lnRstd, bnMean, bnRstd};
}

PrepBnBackwardResult runPrepBnBackward(const at::Tensor& dy, const at::Tensor& x, const PrepBnParameters& parameters,
                                       const at::Tensor& lnMean, const at::Tensor& lnRstd, const at::Tensor& bnMean,
                                       const at::Tensor& bnRstd, const PrepBnSettings& settings, bool needsInput,
                                       const KernelEntry<kernels::PrepBnBackward>& entry) {
  const auto rows = asRows(x), upstream = asRows(dy);
  at::Tensor dx, dLnWeight, dLnBias, dBnWeight, dBnBias, dAlpha;
  kernels::PrepBnBackward call;
  call.mode = settings.mode;
  call.dtype = kernelType(x);
  call.rows = rows.size(0);
  call.channels = rows.size(1);
  call.lambda = static_cast<float>(settings.lambda);
  call.x = rows.const_data_ptr();
  call.xStride = rows.stride(0);
  call.dy = upstream.const_data_ptr();
  call.dyStride = upstream.stride(0);
  if (needsInput) {
    dx = at::empty(x.sizes(), x.options().memory_format(at::MemoryFormat::Contiguous));
    call.dx = dx.mutable_data_ptr();
    call.dxStride = call.channels;
  }
  if (hasLayerNorm(settings.mode)) {
    dLnWeight = emptyFloats(call.channels, x);
    dLnBias = emptyFloats(call.channels, x);
    call.lnWeight = floats(parameters.lnWeight);
  }
  if (hasRepBn(settings.mode)) {
    dBnWeight = emptyFloats(call.channels, x);
    dBnBias = emptyFloats(call.channels, x);
    dAlpha = emptyFloats(1, x);
    call.bnWeight = floats(parameters.bnWeight);
    call.alpha = floats(parameters.alpha);
  }
  call.lnMean = floats(lnMean);
  call.lnRstd = floats(lnRstd);
  call.bnMean = floats(bnMean);
  call.bnRstd = floats(bnRstd);
  call.dLnWeight = mutableFloats(dLnWeight);
  call.dLnBias = mutableFloats(dLnBias);
  call.dBnWeight = mutableFloats(dBnWeight);
  call.dBnBias = mutableFloats(dBnBias);
  call.dAlpha = mutableFloats(dAlpha);
  runKernel(entry, call, x, "prep_bn backward");
  return {dx, dLnWeight, dLnBias, dBnWeight, dBnBias, dAlpha};
}

at::Tensor runRepBnInference(const at::Tensor& x, const PrepBnParameters& parameters, const at::Tensor& runningMean,
                             const at::Tensor& runningVar, double eps,
                             const KernelEntry<kernels::RepBnInference>& entry) {
  const auto rows = asRows(x);
  const auto y = at::empty(x.sizes(), x.options().memory_format(at::MemoryFormat::Contiguous));
  kernels::RepBnInference call;
  call.dtype = kernelType(x);
  call.rows = rows.size(0);
  call.channels = rows.size(1);
  call.eps = static_cast<float>(eps);
  call.x = rows.const_data_ptr();
  call.xStride = rows.stride(0);
  call.y = y.mutable_data_ptr();
  call.yStride = call.channels;
  call.weight = floats(parameters.bnWeight);
  call.bias = floats(parameters.bnBias);
  call.alpha = floats(parameters.alpha);
  call.runningMean = floats(runningMean);
  call.runningVar = floats(runningVar);
  runKernel(entry, call, x, "rep_bn inference");
  return y;
}

}  // namespace slab::ops
