#include "core/ops/linear.h"

#include <ATen/ATen.h>

namespace slab::ops {

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::linear(x, weight, bias);
}

at::Tensor linearGelu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::gelu(linear(x, weight, bias));
}

}  // namespace slab::ops
