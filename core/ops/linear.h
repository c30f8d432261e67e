// Linear layers y = x W^T + b, differentiable, on the backend that `ops.linear` names.
//
// On the CPU in float32 and bfloat16 the oneDNN operators registered by LibTorch are two to three times
// at::linear on AMD processors, MKL is the strong one on Intel: `auto` times both once for each shape and
// pass, and remembers. The choice decides the rounding, so a run stores the table it started with.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace slab::ops {

/// x (..., in), weight (out, in), bias (out) or undefined -> (..., out), in the scope's type under Autocast.
/// Differentiable twice only on the torch backend. Float64, CUDA and types oneDNN lacks go to at::linear. Without
/// gradients the weight is packed once and kept; a weight changed in place or replaced is packed again.
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// GELU(linear(x)) with the exact (erf) GELU; one fused call when no gradient is needed.
at::Tensor linearGelu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// The matrix products of a linear layer: y = x W^T, dX = dY W, dW = dY^T X.
enum class LinearPass { Forward, InputGradient, WeightGradient, ForwardGelu };

/// One timed decision. `rows` x `in` x `out` are the layer's tokens and widths; rows are rounded up to a
/// power of two, so that a last short batch or another batch size near by needs no new probe.
struct LinearChoice {
  std::int64_t rows = 0;
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::string type;  // "float32", "bfloat16"
  LinearPass pass = LinearPass::Forward;
  bool oneDnn = false;
  bool operator==(const LinearChoice&) const = default;
};

[[nodiscard]] std::string toString(LinearPass pass);
/// The inverse of toString; throws slab::Error(Config) for an unknown name.
[[nodiscard]] LinearPass linearPassFromName(const std::string& name);

/// Every choice made or set so far, sorted; what a run stores beside its config.json.
[[nodiscard]] std::vector<LinearChoice> linearChoices();
/// Replaces the table; shapes in it are never timed again. An empty list forgets all choices.
void setLinearChoices(const std::vector<LinearChoice>& choices);

/// Frees the packed weights kept for inference.
void clearPackedWeights();

}  // namespace slab::ops
