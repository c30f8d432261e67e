// The feature pyramid between backbone and heads (Lin et al., arXiv 1612.03144, section 3).
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "core/nn/affine_layers.h"

namespace slab {

/// A convolution under the name "conv", as mmdet's ConvModule registers it.
class NamedConv : public torch::nn::Module {
 public:
  explicit NamedConv(nn::ConvShape shape) : conv(register_module("conv", std::make_shared<nn::Conv2d>(shape))) {}
  at::Tensor forward(const at::Tensor& x) { return conv->forward(x); }

  std::shared_ptr<nn::Conv2d> conv;
};

/// A child module `name` of `owner` with `count` convolutions "0", "1", ...; the first has `shape`, of the others `in`
/// is its `out`.
std::vector<std::shared_ptr<NamedConv>> registerConvs(torch::nn::Module& owner, const std::string& name,
                                                      std::int64_t count, nn::ConvShape shape);

/// maps of the stages (B, C_i, rows_i, columns_i), finest first -> one level more, `channels` wide: each stage through
/// a 1 x 1 convolution, plus the coarser level repeated to its size (nearest), through a 3 x 3 convolution; the last
/// level is every second row and column of the one before. No norm, no activation. Weights start Xavier uniform, biases
/// 0. Registered names: "lateral_convs", "fpn_convs".
class FeaturePyramid : public torch::nn::Module {
 public:
  FeaturePyramid(const std::vector<std::int64_t>& widths, std::int64_t channels);
  std::vector<at::Tensor> forward(const std::vector<at::Tensor>& maps);

 private:
  std::vector<std::shared_ptr<NamedConv>> laterals_;
  std::vector<std::shared_ptr<NamedConv>> outputs_;
};

}  // namespace slab
