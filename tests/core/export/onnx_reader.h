// Reads an ONNX file back, independently of the writer: its own reading of onnx.proto3's field numbers.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace slab::testing {

struct ReadAttribute {
  std::int64_t kind = 0;  // AttributeProto.AttributeType
  std::int64_t integer = 0;
  float real = 0.0F;
  std::string text;
  std::vector<std::int64_t> integers;
};

struct ReadNode {
  std::string type, name;
  std::vector<std::string> inputs, outputs;
  std::map<std::string, ReadAttribute> attributes;
};

struct ReadValue {
  std::string name;
  std::int64_t type = 0;
  std::vector<std::string> shape;  // sizes as text, or names
};

struct ReadModel {
  std::int64_t irVersion = 0;
  std::string producer;
  std::map<std::string, std::int64_t> opsets;  // domain -> version
  std::map<std::string, std::string> metadata;
  std::vector<ReadNode> nodes;
  std::vector<ReadValue> inputs, outputs;
  std::map<std::string, at::Tensor> initializers;
};

/// Throws std::runtime_error for bytes that are no such message, and for fields the reader does not know.
ReadModel readOnnx(const std::string& bytes);

}  // namespace slab::testing
