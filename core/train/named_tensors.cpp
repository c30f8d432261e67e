#include "core/train/named_tensors.h"

#include <torch/torch.h>

namespace slab::train {
namespace {

std::vector<at::Tensor> definedOnes(const NamedTensors& tensors) {
  std::vector<at::Tensor> defined;
  defined.reserve(tensors.size());
  for (const auto& [name, tensor] : tensors) {
    if (tensor.defined()) defined.push_back(tensor);
  }
  return defined;
}

}  // namespace

std::optional<std::string> firstNonFinite(const NamedTensors& tensors) {
  const at::NoGradGuard noGrad;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.defined() || !tensor.is_floating_point()) continue;
    if (!tensor.isfinite().all().item<bool>()) return name;
  }
  return std::nullopt;
}

double l2Norm(const NamedTensors& tensors) {
  const at::NoGradGuard noGrad;
  const auto defined = definedOnes(tensors);
  if (defined.empty()) return 0.0;
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(defined, 2, at::kDouble))).item<double>();
}

NamedTensors gradientsOf(const NamedTensors& parameters) {
  NamedTensors gradients;
  gradients.reserve(parameters.size());
  for (const auto& [name, parameter] : parameters) {
    if (parameter.grad().defined()) gradients.emplace_back(name, parameter.grad());
  }
  return gradients;
}

void scaleAll(const NamedTensors& tensors, double factor) {
  const at::NoGradGuard noGrad;
  at::_foreach_mul_(definedOnes(tensors), factor);
}

void clipGradients(const NamedTensors& gradients, double norm, double limit) {
  constexpr double kTiny = 1e-6;
  const double factor = limit / (norm + kTiny);
  if (limit > 0 && factor < 1.0) scaleAll(gradients, factor);
}

}  // namespace slab::train
