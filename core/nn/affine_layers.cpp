#include "core/nn/affine_layers.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
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

Conv2d::Conv2d(ConvShape shape)
    : AffineLayer({shape.out, shape.in / shape.groups, shape.kernel, shape.kernel}, true), shape_(shape) {
  init::convolution(weight, bias);
}

at::Tensor Conv2d::forward(const at::Tensor& x) {
  return at::conv2d(x, weight, bias, {shape_.stride, shape_.stride}, {shape_.padding, shape_.padding}, {1, 1},
                    shape_.groups);
}

}  // namespace slab::nn
