// The feed-forward part of a block: fc1, GELU, fc2. Registered names are the reference's.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "core/nn/affine_layers.h"

namespace slab::nn {

/// tokens (..., width) -> (..., width) through `hidden` channels; exact (erf) GELU.
class Mlp : public torch::nn::Module {
 public:
  Mlp(std::int64_t width, std::int64_t hidden);
  virtual at::Tensor forward(const at::Tensor& tokens);

  std::shared_ptr<Linear> fc1;
  std::shared_ptr<Linear> fc2;

 protected:
  /// Registers `middle` between fc1 and fc2, where the state dict has it.
  Mlp(std::int64_t width, std::int64_t hidden, const std::string& name, std::shared_ptr<torch::nn::Module> middle);
};

/// A depthwise 3 x 3 convolution over the token grid, tokens in and out. Registered name: "dwconv".
class DepthwiseTokens : public torch::nn::Module {
 public:
  DepthwiseTokens(std::int64_t width, std::int64_t rows, std::int64_t columns);
  /// (B, rows x columns, width) -> the same shape.
  at::Tensor forward(const at::Tensor& tokens);

  std::shared_ptr<Conv2d> dwconv;

 private:
  std::int64_t rows_;
  std::int64_t columns_;
};

/// PVTv2's: fc1, depthwise convolution on the grid, GELU, fc2. Registered names: "fc1", "dwconv", "fc2".
class ConvolutionalMlp : public Mlp {
 public:
  ConvolutionalMlp(std::int64_t width, std::int64_t hidden, std::int64_t rows, std::int64_t columns);
  at::Tensor forward(const at::Tensor& tokens) override;

 private:
  std::shared_ptr<DepthwiseTokens> dwconv_;
};

}  // namespace slab::nn
