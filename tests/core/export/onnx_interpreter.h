// Runs an ONNX graph node by node with ATen, as the operator definitions of opset 17 read: enough of them for the
// models of the registry, so that the default tests need no other engine.
#pragma once

#include "core/export/onnx_reader.h"

namespace slab::testing {

/// The graph's one output for its one input. Throws std::runtime_error for an operator it does not know, a name
/// that is used before it is made, and a name that is made twice.
at::Tensor runOnnx(const ReadModel& model, const at::Tensor& images);

}  // namespace slab::testing
