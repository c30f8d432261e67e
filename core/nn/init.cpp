#include "core/nn/init.h"

#include <torch/utils.h>

#include <cmath>

namespace slab::nn::init {

void normal(at::Tensor& parameter, double std) {
  const torch::NoGradGuard noGrad;
  parameter.normal_(0.0, std);
}

void constant(at::Tensor& parameter, double value) {
  const torch::NoGradGuard noGrad;
  parameter.fill_(value);
}

void convolution(at::Tensor& weight, at::Tensor& bias) {
  const torch::NoGradGuard noGrad;
  const double fanIn = static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0));
  const double bound = 1.0 / std::sqrt(fanIn);
  weight.uniform_(-bound, bound);
  bias.uniform_(-bound, bound);
}

void xavierUniform(at::Tensor& weight) {
  const torch::NoGradGuard noGrad;
  const auto area = static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0) * weight.size(1));
  const double bound = std::sqrt(6.0 / (area * static_cast<double>(weight.size(0) + weight.size(1))));
  weight.uniform_(-bound, bound);
}

void heNormal(at::Tensor& weight) {
  const auto fanOut = static_cast<double>(weight.numel()) / static_cast<double>(weight.size(1));
  normal(weight, std::sqrt(2.0 / fanOut));
}

void convolutionByFanOut(at::Tensor& weight, at::Tensor& bias, std::int64_t groups) {
  const auto fanOut = weight.size(2) * weight.size(3) * weight.size(0) / groups;
  normal(weight, std::sqrt(2.0 / static_cast<double>(fanOut)));
  constant(bias, 0.0);
}

}  // namespace slab::nn::init
