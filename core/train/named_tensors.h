// Lists of tensors with their state-dict names, and what training asks of them.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slab::train {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Name of the first tensor with a NaN or an infinity, in the order of the list. Undefined and
/// integer tensors are passed over.
std::optional<std::string> firstNonFinite(const NamedTensors& tensors);

/// sqrt(sum over all elements of all tensors of x^2), accumulated in double. Undefined ones count 0.
double l2Norm(const NamedTensors& tensors);

/// The gradients of parameters that have one, under the parameters' names.
NamedTensors gradientsOf(const NamedTensors& parameters);

/// Multiplies every tensor in place.
void scaleAll(const NamedTensors& tensors, double factor);

/// Scales gradients in place so that their L2 norm, now `norm`, is at most `limit`: by
/// limit / (norm + 1e-6), as torch's clip_grad_norm_. Does nothing for limit 0.
void clipGradients(const NamedTensors& gradients, double norm, double limit);

}  // namespace slab::train
