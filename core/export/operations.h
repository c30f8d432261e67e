// The tables from ATen operations to ONNX, opset 17: one small function an operation.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/export/call.h"

namespace slab::onnx {

struct Operation {
  std::string_view name;  // "aten::linear"; overloads share an entry
  /// Appends the operation's nodes and sets its results.
  void (*translate)(const Call& call);
};

/// Views, permutations, slices, joins.
std::span<const Operation> shapeOperations();
/// Arithmetic, functions of one value, reductions.
std::span<const Operation> valueOperations();
/// Products, convolutions, norms.
std::span<const Operation> layerOperations();

/// Translates by the tables. Throws Error(Internal) naming an operation that stands in none.
void translate(const Call& call);

/// torch.einsum of one or more operands, pair by pair from the left: matrix products where a pair has at most one
/// summed and one own index a side, ONNX's Einsum otherwise. The engines run the former much faster.
std::string einsum(GraphBuilder& graph, const std::string& equation, std::vector<std::string> operands);

}  // namespace slab::onnx
