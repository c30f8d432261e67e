#include "core/nn/attention/depthwise.h"

#include <ATen/ops/conv2d.h>

namespace slab::nn {

at::Tensor depthwiseOverGrid(const at::Tensor& tokens, const at::Tensor& weight, const at::Tensor& bias,
                             std::int64_t height, std::int64_t width) {
  const auto batch = tokens.size(0), channels = tokens.size(2), pad = weight.size(2) / 2;
  // Tokens are a map with its channels last in memory, which the convolution keeps.
  const at::Tensor map = tokens.contiguous().view({batch, height, width, channels}).permute({0, 3, 1, 2});
  const at::Tensor result = at::conv2d(map, weight, bias, 1, pad, 1, channels);
  // On a map of one row or column the convolution may put channels first.
  return result.permute({0, 2, 3, 1}).reshape({batch, height * width, channels}).contiguous();
}

at::Tensor headwiseOverGrid(const at::Tensor& tokens, const at::Tensor& weight, const at::Tensor& bias,
                            std::int64_t height, std::int64_t width) {
  const std::int64_t heads = tokens.size(2) / weight.size(0);
  return depthwiseOverGrid(tokens, weight.repeat({heads, 1, 1, 1}), bias.repeat({heads}), height, width);
}

}  // namespace slab::nn
