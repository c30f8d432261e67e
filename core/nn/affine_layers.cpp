#include "core/nn/affine_layers.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/utils.h>

#include "core/nn/init.h"
#include "core/ops/linear.h"

namespace slab::nn {

AffineLayer::AffineLayer(at::IntArrayRef weightShape, bool withBias) {
  weight = register_parameter("weight", at::empty(weightShape));
  if (withBias) bias = register_parameter("bias", at::empty({weightShape.front()}));
}

void AffineLayer::setWeight(const at::Tensor& values) {
  TORCH_CHECK(values.sizes() == weight.sizes(), "setWeight: shape ", values.sizes(), " instead of ", weight.sizes());
  const torch::NoGradGuard noGrad;
  weight.copy_(values);
}

void AffineLayer::setBias(const at::Tensor& values) {
  TORCH_CHECK(values.dim() == 1 && values.size(0) == weight.size(0), "setBias: shape ", values.sizes());
  const torch::NoGradGuard noGrad;
  if (bias.defined()) {
    bias.copy_(values);
  } else {
    bias = register_parameter("bias", values.to(weight.options(), /*non_blocking=*/false, /*copy=*/true));
  }
}

Linear::Linear(std::int64_t in, std::int64_t out, bool withBias) : AffineLayer({out, in}, withBias) {
  init::normal(weight, init::kWeightStd);
  if (withBias) init::constant(bias, 0.0);
}

at::Tensor Linear::forward(const at::Tensor& x) {
  return ops::linear(x, weight, bias);
}

at::Tensor Linear::forwardGelu(const at::Tensor& x) {
  return ops::linearGelu(x, weight, bias);
}

void Linear::keepPaddingBias() {
  if (paddingBias.defined()) return;
  const at::Tensor now = bias.defined() ? bias.detach().clone() : at::zeros({weight.size(0)}, weight.options());
  paddingBias = register_buffer("padding_bias", now.requires_grad_(false));
}

Conv2d::Conv2d(ConvShape shape)
    : AffineLayer({shape.out, shape.in / shape.groups, shape.kernel, shape.kernel}, true), shape_(shape) {
  init::convolution(weight, bias);
}

at::Tensor Conv2d::forward(const at::Tensor& x) {
  at::Tensor y = at::conv2d(x, weight, bias, {shape_.stride, shape_.stride}, {shape_.padding, shape_.padding}, {1, 1},
                            shape_.groups);
  if (!biasMap.defined()) return y;
  TORCH_CHECK(y.size(2) == biasMap.size(1) && y.size(3) == biasMap.size(2), "a folded convolution was given a map of ",
              x.size(2), " x ", x.size(3), ", its bias map is made for another size");
  return y.add_(biasMap);
}

void Conv2d::setBiasMap(const at::Tensor& values) {
  TORCH_CHECK(values.dim() == 3 && values.size(0) == weight.size(0), "setBiasMap: shape ", values.sizes());
  const at::Tensor map = values.to(weight.options().requires_grad(false), /*non_blocking=*/false, /*copy=*/true);
  if (biasMap.defined()) {
    biasMap.set_data(map);
  } else {
    biasMap = register_buffer("bias_map", map);
  }
}

}  // namespace slab::nn
