// Linear and convolution layers. Registered names are the reference's: "weight", "bias".
#pragma once

#include <torch/nn/module.h>

#include <cstdint>

namespace slab::nn {

/// A layer that is affine in its input channels, so that a per-channel affine map before it (or after it)
/// can be folded into its weight and bias. weight: (out, in) or (out, in / groups, kh, kw); bias: (out),
/// undefined where the layer has none.
class AffineLayer : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const at::Tensor& x) = 0;

  at::Tensor weight;
  at::Tensor bias;

  /// Replaces the weight's values; the shape stays.
  void setWeight(const at::Tensor& values);
  /// Replaces the bias, or creates it where the layer had none.
  void setBias(const at::Tensor& values);
  [[nodiscard]] bool hasBias() const { return bias.defined(); }

 protected:
  /// Registers weight and bias uninitialised; see init.h for the values.
  AffineLayer(at::IntArrayRef weightShape, bool withBias);
};

/// y = x W^T + b over the last dimension, initialised as the reference's linear layers: weight normal with
/// standard deviation 0.02, bias 0.
class Linear : public AffineLayer {
 public:
  Linear(std::int64_t in, std::int64_t out, bool withBias = true);
  at::Tensor forward(const at::Tensor& x) override;
  /// GELU(forward(x)), exact form, in one call where the backend can.
  at::Tensor forwardGelu(const at::Tensor& x);

  /// What the layer gives where zeros fill up a map behind the norm that feeds it (detection's windows): its bias,
  /// and once that norm has been folded in, the bias from before. Undefined where it has none: zero.
  [[nodiscard]] const at::Tensor& outputOfPadding() const { return paddingBias.defined() ? paddingBias : bias; }
  /// Holds on to the present bias for padding; call before the norm's shift is added to it.
  void keepPaddingBias();
  /// (out); undefined until it is kept. Registered as the buffer "padding_bias" (a part of a folded file, but no
  /// parameter).
  at::Tensor paddingBias;
};

struct ConvShape {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t groups = 1;
};

/// A square two-dimensional convolution with bias, initialised as PyTorch does by default.
class Conv2d : public AffineLayer {
 public:
  explicit Conv2d(ConvShape shape);
  at::Tensor forward(const at::Tensor& x) override;
  [[nodiscard]] const ConvShape& shape() const { return shape_; }

  /// Added to the output beside the bias where a norm in front of a padding convolution was folded in:
  /// (out, rows, columns) of the output, which fixes the input's size. Undefined otherwise; registered as
  /// the buffer "bias_map" (a part of a folded file, but no parameter).
  at::Tensor biasMap;
  /// Sets or replaces the map.
  void setBiasMap(const at::Tensor& values);

 private:
  ConvShape shape_;
};

}  // namespace slab::nn
