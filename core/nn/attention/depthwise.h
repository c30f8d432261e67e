// Depthwise convolutions over a grid of tokens.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace slab::nn {

/// Tokens (B, H W, C), row-major on a height x width grid, convolved channel by channel with zero padding:
/// weight (C, 1, k, k) with k odd, bias (C) -> (B, H W, C), contiguous. Tokens may be a slice of packed ones.
[[nodiscard]] at::Tensor depthwiseOverGrid(const at::Tensor& tokens, const at::Tensor& weight, const at::Tensor& bias,
                                           std::int64_t height, std::int64_t width);

/// The same with one filter set (d, 1, k, k), (d) that all C / d heads share; head h owns the channels
/// [h d, (h + 1) d).
[[nodiscard]] at::Tensor headwiseOverGrid(const at::Tensor& tokens, const at::Tensor& weight, const at::Tensor& bias,
                                          std::int64_t height, std::int64_t width);

}  // namespace slab::nn
