// Initial values of parameters, as the reference's models are initialised. Drawn from LibTorch's default
// generator: seed it before building a model.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace slab::nn::init {

/// Standard deviation of linear weights, position embeddings, class token and relative position tables.
inline constexpr double kWeightStd = 0.02;

/// N(0, std). The reference truncates at +-2, which a deviation of 0.02 never reaches.
void normal(at::Tensor& parameter, double std);

void constant(at::Tensor& parameter, double value);

/// PyTorch's default for a convolution: weight and bias uniform in +-1/sqrt(fan in), fan in = in / groups x
/// kernel area. (Kaiming uniform with a = sqrt(5) has this bound.)
void convolution(at::Tensor& weight, at::Tensor& bias);

/// Uniform in +-sqrt(6 / (fan in + fan out)) (Glorot and Bengio, 2010), fans of (out, in, ...) times the kernel area.
void xavierUniform(at::Tensor& weight);

/// N(0, sqrt(2 / fan out)) (He et al., arXiv 1502.01852), fan out = size(0) x kernel area, as PyTorch counts it.
void heNormal(at::Tensor& weight);

/// PVTv2's rule for every convolution: weight N(0, sqrt(2 / fan out)), fan out = kernel area x out / groups, bias 0.
void convolutionByFanOut(at::Tensor& weight, at::Tensor& bias, std::int64_t groups);

}  // namespace slab::nn::init
