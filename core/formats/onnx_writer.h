// The ONNX format, written, with the field numbers of onnx.proto3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/formats/durable_file.h"
#include "core/formats/element_type.h"

namespace slab {

struct OnnxAttribute {
  std::string name;
  std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>> value;
};

/// One operation of the default domain. An omitted optional input is "".
struct OnnxNode {
  std::string type;  // "MatMul"
  std::string name;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<OnnxAttribute> attributes;
};

/// A known size, or the name of one that the caller of the model chooses ("batch").
using OnnxDimension = std::variant<std::int64_t, std::string>;

/// An input or output of the whole graph.
struct OnnxValue {
  std::string name;
  ElementType type = ElementType::F32;
  std::vector<OnnxDimension> shape;
};

/// A weight: row-major, little-endian. `bytes` is not copied and must stay valid until the model is written.
struct OnnxInitializer {
  std::string name;
  ElementType type = ElementType::F32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

struct OnnxGraph {
  std::string name;
  std::vector<OnnxNode> nodes;  // in an order in which every input is known before it is used
  std::vector<OnnxValue> inputs;
  std::vector<OnnxValue> outputs;
  std::vector<OnnxInitializer> initializers;
};

struct OnnxModel {
  static constexpr std::int64_t kOpset = 17;
  static constexpr std::int64_t kIrVersion = 8;  // the one that came with opset 17

  std::string producer;
  std::string producerVersion;
  std::string description;
  std::vector<std::pair<std::string, std::string>> metadata;
  OnnxGraph graph;
};

/// The number ONNX gives an element type (TensorProto.DataType), as the attribute `to` of Cast takes it. Throws
/// Error(Data) for a type ONNX lacks.
std::int64_t onnxElementType(ElementType type);

/// Encodes the model; the weights go from where they lie straight to the sink. Equal input gives equal bytes.
/// Throws Error(Data) for an element type ONNX lacks, a weight whose bytes contradict its shape, and for more
/// than 2 GiB, which protobuf cannot hold.
void writeOnnx(const OnnxModel& model, ByteSink& sink);

/// Whole or not at all (`writeFileAtomically`).
void saveOnnx(const OnnxModel& model, const std::string& path);

}  // namespace slab
