// Collects the nodes and weights of an ONNX graph, and knows which sizes follow the batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/formats/onnx_writer.h"
#include "core/models/state_dict.h"

namespace slab::onnx {

/// A size of a traced tensor as a function of the batch B: `fixed`, or `perBatch` B (the other is 0).
struct Size {
  std::int64_t fixed = 0;
  std::int64_t perBatch = 0;
  bool operator==(const Size&) const = default;
};
using Shape = std::vector<Size>;

class GraphBuilder {
 public:
  /// `weights` gives tensors that the forward used their names; `batch` is nothing where it stays free.
  GraphBuilder(const StateDict& weights, std::optional<std::int64_t> batch);

  /// The graph's one input, named "images".
  std::string input(const Shape& shape, at::ScalarType type);

  /// Appends an operation with one result and returns the result's name.
  std::string node(const std::string& type, std::vector<std::string> inputs,
                   std::vector<OnnxAttribute> attributes = {});
  /// The same with several results.
  std::vector<std::string> nodes(const std::string& type, std::vector<std::string> inputs,
                                 std::vector<OnnxAttribute> attributes, std::size_t results);
  /// The part of the model that the coming nodes are named after.
  void setPlace(std::string place) { place_ = std::move(place); }

  /// A tensor that was there before the forward: the weight of that name where it is one, else a constant.
  std::string tensor(const at::Tensor& value);
  /// Vector of int64, or with `scalar` a single one.
  std::string integers(const std::vector<std::int64_t>& values);
  std::string integer(std::int64_t value);
  /// A scalar of that floating-point type.
  std::string real(double value, at::ScalarType type);

  /// x in another shape of as many elements; nothing happens where it has that shape already. Throws
  /// Error(Internal) where two sizes follow a free batch.
  std::string reshape(const std::string& x, const Shape& from, const Shape& to);
  /// A vector of int64 with that shape's sizes, computed by the graph where they follow a free batch.
  std::string shapeVector(const Shape& shape);

  /// Ends the graph in "logits", without what leads nowhere. The builder is empty afterwards.
  OnnxGraph finish(const std::string& name, const std::string& logits, const Shape& shape, at::ScalarType type);
  /// What the initializers' bytes point into; keep it as long as the graph.
  std::vector<at::Tensor> takeTensors() { return std::move(kept_); }

 private:
  std::string addInitializer(std::string name, const at::Tensor& value);
  OnnxValue describe(const std::string& name, const Shape& shape, at::ScalarType type) const;
  void dropUnused(const std::string& result);

  std::unordered_map<const void*, std::string> names_;  // address of a weight's data -> its key
  StateDict weights_;
  std::optional<std::int64_t> batch_;
  OnnxGraph graph_;
  std::vector<at::Tensor> kept_;
  std::map<std::string, std::string> known_;  // what an initializer holds -> its name
  std::string place_;
  std::string batchVector_;
};

/// The type as ONNX and safetensors name it. Throws Error(Internal) for one that no model uses.
ElementType elementType(at::ScalarType type);

}  // namespace slab::onnx
