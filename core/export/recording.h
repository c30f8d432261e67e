// One forward of a model as a list of ATen operations on numbered values: what LibTorch's tracer saw, without its
// types.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/models/backbone.h"

namespace slab::onnx {

/// A tensor of the forward.
struct RecordedValue {
  std::vector<std::int64_t> sizes;
  at::ScalarType type = at::kFloat;
  /// The tensor itself (no copy) where it was there before the forward: a weight, a buffer. Undefined for what
  /// the forward computed, and for the images.
  at::Tensor constant;
};

/// One argument of an operation.
struct RecordedArgument {
  enum class Kind { Tensor, TensorList, Constant };
  Kind kind = Kind::Constant;
  std::vector<std::size_t> values;  // Tensor: one; TensorList: any number; indices of Recording::values
  at::IValue constant;              // number, list of numbers, text or none
};

struct RecordedStep {
  std::string operation;  // "aten::linear"
  std::string place;      // "layers.0/mlp", as a StageTimer is told; "" outside of all parts
  std::vector<RecordedArgument> arguments;
  std::vector<std::size_t> results;
};

struct Recording {
  std::vector<RecordedValue> values;
  std::vector<RecordedStep> steps;  // in the order they ran
  std::size_t images = 0;
  std::size_t logits = 0;
};

/// Runs `model` on `images` once, through the reference backends (ops.backend = reference, ops.linear = torch),
/// so that what is recorded is ATen alone. Sizes are numbers already: what the modules compute from shapes on the
/// host leaves no trace. The model must be in evaluation mode and on the CPU; it is left as it was.
/// Throws Error(Internal) where the tracer met something other than operations on tensors.
Recording recordForward(Backbone& model, const at::Tensor& images);

}  // namespace slab::onnx
