#include "core/formats/onnx_writer.h"

#include <string_view>
#include <type_traits>

#include "core/formats/protobuf.h"

namespace slab {
namespace {

using Message = ProtobufMessage;

Message encode(const OnnxAttribute& attribute) {
  constexpr std::int64_t kFloat = 1, kInt = 2, kString = 3, kInts = 7;
  Message message;
  message.text(1, attribute.name);
  const std::int64_t kind = std::visit(
      [&](const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, float>) {
          message.real(2, value);
          return kFloat;
        } else if constexpr (std::is_same_v<Value, std::int64_t>) {
          message.integer(3, value);
          return kInt;
        } else if constexpr (std::is_same_v<Value, std::string>) {
          message.text(4, value);
          return kString;
        } else {
          message.integers(8, value);
          return kInts;
        }
      },
      attribute.value);
  message.integer(20, kind);
  return message;
}

Message encode(const OnnxNode& node) {
  Message message;
  for (const auto& input : node.inputs) message.text(1, input);
  for (const auto& output : node.outputs) message.text(2, output);
  message.text(3, node.name);
  message.text(4, node.type);
  for (const auto& attribute : node.attributes) message.message(5, encode(attribute));
  return message;
}

Message encode(const OnnxValue& value) {
  Message shape;
  for (const auto& size : value.shape) {
    Message dimension;
    if (const auto* name = std::get_if<std::string>(&size)) {
      dimension.text(2, *name);
    } else {
      dimension.integer(1, std::get<std::int64_t>(size));
    }
    shape.message(1, dimension);
  }
  Message tensor, type, message;
  tensor.integer(1, onnxElementType(value.type));
  tensor.message(2, shape);
  type.message(1, tensor);
  message.text(1, value.name);
  message.message(2, type);
  return message;
}

/// Everything of a TensorProto but the content of raw_data, its last field.
Message encodeHead(const OnnxInitializer& weight) {
  const auto expected = byteCount(weight.shape, weight.type);
  if (!expected || static_cast<std::uint64_t>(*expected) != weight.bytes.size()) {
    throw Error(ErrorKind::Data, "ONNX initializer " + weight.name + " has " + std::to_string(weight.bytes.size()) +
                                     " bytes, which is not " + formatShape(weight.shape) + " of " +
                                     std::string(toString(weight.type)));
  }
  Message message;
  if (!weight.shape.empty()) message.integers(1, weight.shape);
  message.integer(2, onnxElementType(weight.type));
  message.text(8, weight.name);
  message.head(9, weight.bytes.size());
  return message;
}

/// The encoded file in pieces: weights are referred to, all else is held.
struct Encoded {
  struct Weight {
    std::string head;
    std::span<const std::byte> bytes;
  };
  std::string beforeWeights;
  std::vector<Weight> weights;
  std::string afterWeights;

  [[nodiscard]] std::uint64_t size() const {
    std::uint64_t total = beforeWeights.size() + afterWeights.size();
    for (const auto& weight : weights) total += weight.head.size() + weight.bytes.size();
    return total;
  }
};

Encoded encode(const OnnxGraph& graph) {
  Encoded encoded;
  Message before, after;
  for (const auto& node : graph.nodes) before.message(1, encode(node));
  before.text(2, graph.name);
  for (const auto& weight : graph.initializers) {
    const Message head = encodeHead(weight);
    Message field;
    field.head(5, head.bytes().size() + weight.bytes.size());
    encoded.weights.push_back({field.bytes() + head.bytes(), weight.bytes});
  }
  for (const auto& input : graph.inputs) after.message(11, encode(input));
  for (const auto& output : graph.outputs) after.message(12, encode(output));
  encoded.beforeWeights = before.bytes();
  encoded.afterWeights = after.bytes();
  return encoded;
}

Encoded encode(const OnnxModel& model) {
  Encoded encoded = encode(model.graph);
  Message before, after;
  before.integer(1, OnnxModel::kIrVersion);
  before.text(2, model.producer);
  before.text(3, model.producerVersion);
  before.text(6, model.description);
  before.head(7, encoded.size());
  Message opset;
  opset.text(1, "");
  opset.integer(2, OnnxModel::kOpset);
  after.message(8, opset);
  for (const auto& [key, value] : model.metadata) {
    Message entry;
    entry.text(1, key);
    entry.text(2, value);
    after.message(14, entry);
  }
  encoded.beforeWeights = before.bytes() + encoded.beforeWeights;
  encoded.afterWeights += after.bytes();
  return encoded;
}

}  // namespace

std::int64_t onnxElementType(ElementType type) {
  switch (type) {
    case ElementType::F32: return 1;
    case ElementType::U8: return 2;
    case ElementType::I8: return 3;
    case ElementType::U16: return 4;
    case ElementType::I16: return 5;
    case ElementType::I32: return 6;
    case ElementType::I64: return 7;
    case ElementType::Bool: return 9;
    case ElementType::F16: return 10;
    case ElementType::F64: return 11;
    case ElementType::U32: return 12;
    case ElementType::U64: return 13;
    case ElementType::BF16: return 16;
    default: break;
  }
  throw Error(ErrorKind::Data, "ONNX (opset 17) has no element type " + std::string(toString(type)));
}

void writeOnnx(const OnnxModel& model, ByteSink& sink) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 31U;
  const Encoded encoded = encode(model);
  if (encoded.size() >= kLimit) {
    throw Error(ErrorKind::Data,
                "The model takes " + std::to_string(encoded.size()) +
                    " bytes; an ONNX file holds less than 2 GiB. Export a smaller model, or safetensors.");
  }
  sink.write(std::as_bytes(std::span(encoded.beforeWeights)));
  for (const auto& weight : encoded.weights) {
    sink.write(std::as_bytes(std::span(weight.head)));
    sink.write(weight.bytes);
  }
  sink.write(std::as_bytes(std::span(encoded.afterWeights)));
}

void saveOnnx(const OnnxModel& model, const std::string& path) {
  writeFileAtomically(path, [&](ByteSink& sink) { writeOnnx(model, sink); });
}

}  // namespace slab
