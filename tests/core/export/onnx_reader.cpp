#include "core/export/onnx_reader.h"

#include <ATen/ops/empty.h>

#include <cstring>
#include <functional>
#include <stdexcept>
#include <string_view>

namespace slab::testing {
namespace {

struct Field {
  std::uint64_t number = 0;
  std::int64_t integer = 0;
  std::string_view bytes;
};

class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}
  [[nodiscard]] bool atEnd() const { return rest_.empty(); }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    throw std::runtime_error("varint of more than ten bytes");
  }

  Field field() {
    const std::uint64_t tag = varint();
    Field field{tag >> 3U, 0, {}};
    switch (tag & 7U) {
      case 0: field.integer = static_cast<std::int64_t>(varint()); break;
      case 2: field.bytes = take(varint()); break;
      case 5: field.bytes = take(4); break;
      default: throw std::runtime_error("wire type " + std::to_string(tag & 7U));
    }
    return field;
  }

 private:
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) throw std::runtime_error("message cut short");
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
};

// `known` handles a field and says whether it knows it.
void eachField(std::string_view message, const char* what, const std::function<bool(const Field&)>& known) {
  for (Cursor cursor(message); !cursor.atEnd();) {
    const Field field = cursor.field();
    if (!known(field)) throw std::runtime_error(std::string(what) + ": field " + std::to_string(field.number));
  }
}

std::vector<std::int64_t> packed(std::string_view bytes) {
  std::vector<std::int64_t> values;
  for (Cursor cursor(bytes); !cursor.atEnd();) values.push_back(static_cast<std::int64_t>(cursor.varint()));
  return values;
}

std::pair<std::string, ReadAttribute> readAttribute(std::string_view message) {
  std::string name;
  ReadAttribute attribute;
  eachField(message, "AttributeProto", [&](const Field& field) {
    switch (field.number) {
      case 1: name = field.bytes; return true;
      case 2: std::memcpy(&attribute.real, field.bytes.data(), sizeof(float)); return true;
      case 3: attribute.integer = field.integer; return true;
      case 4: attribute.text = field.bytes; return true;
      case 8: attribute.integers = packed(field.bytes); return true;
      case 20: attribute.kind = field.integer; return true;
      default: return false;
    }
  });
  return {name, attribute};
}

ReadNode readNode(std::string_view message) {
  ReadNode node;
  eachField(message, "NodeProto", [&](const Field& field) {
    switch (field.number) {
      case 1: node.inputs.emplace_back(field.bytes); return true;
      case 2: node.outputs.emplace_back(field.bytes); return true;
      case 3: node.name = field.bytes; return true;
      case 4: node.type = field.bytes; return true;
      case 5: node.attributes.insert(readAttribute(field.bytes)); return true;
      default: return false;
    }
  });
  return node;
}

std::string readDimension(std::string_view message) {
  std::string text;
  eachField(message, "Dimension", [&](const Field& field) {
    text = field.number == 1 ? std::to_string(field.integer) : std::string(field.bytes);
    return field.number <= 2;
  });
  return text;
}

ReadValue readValue(std::string_view message) {
  ReadValue value;
  const auto shape = [&](const Field& field) {
    value.shape.push_back(readDimension(field.bytes));
    return field.number == 1;
  };
  const auto tensor = [&](const Field& field) {
    if (field.number == 1) value.type = field.integer;
    if (field.number == 2) eachField(field.bytes, "TensorShapeProto", shape);
    return field.number <= 2;
  };
  eachField(message, "ValueInfoProto", [&](const Field& field) {
    if (field.number == 1) value.name = field.bytes;
    if (field.number == 2) {
      eachField(field.bytes, "TypeProto", [&](const Field& type) {
        eachField(type.bytes, "TypeProto.Tensor", tensor);
        return type.number == 1;
      });
    }
    return field.number <= 2;
  });
  return value;
}

at::ScalarType scalarType(std::int64_t type) {
  switch (type) {
    case 1: return at::kFloat;
    case 7: return at::kLong;
    case 11: return at::kDouble;
    default: throw std::runtime_error("data type " + std::to_string(type));
  }
}

std::pair<std::string, at::Tensor> readTensor(std::string_view message) {
  std::string name;
  std::vector<std::int64_t> shape;
  std::int64_t type = 0;
  std::string_view raw;
  eachField(message, "TensorProto", [&](const Field& field) {
    switch (field.number) {
      case 1: shape = packed(field.bytes); return true;
      case 2: type = field.integer; return true;
      case 8: name = field.bytes; return true;
      case 9: raw = field.bytes; return true;
      default: return false;
    }
  });
  at::Tensor tensor = at::empty(shape, scalarType(type));
  if (tensor.nbytes() != raw.size()) throw std::runtime_error(name + " has another size than its shape");
  std::memcpy(tensor.data_ptr(), raw.data(), raw.size());
  return {name, tensor};
}

void readGraph(std::string_view message, ReadModel& model) {
  eachField(message, "GraphProto", [&](const Field& field) {
    switch (field.number) {
      case 1: model.nodes.push_back(readNode(field.bytes)); return true;
      case 2: return true;
      case 5: model.initializers.insert(readTensor(field.bytes)); return true;
      case 11: model.inputs.push_back(readValue(field.bytes)); return true;
      case 12: model.outputs.push_back(readValue(field.bytes)); return true;
      default: return false;
    }
  });
}

}  // namespace

ReadModel readOnnx(const std::string& bytes) {
  ReadModel model;
  eachField(bytes, "ModelProto", [&](const Field& field) {
    std::string key, value;
    std::int64_t version = 0;
    const auto pair = [&](const Field& inner) {
      if (inner.number == 1) key = inner.bytes;
      if (inner.number == 2) value = inner.bytes;
      version = inner.integer;
      return inner.number <= 2;
    };
    switch (field.number) {
      case 1: model.irVersion = field.integer; return true;
      case 2: model.producer = field.bytes; return true;
      case 3:
      case 6: return true;
      case 7: readGraph(field.bytes, model); return true;
      case 8:
        eachField(field.bytes, "OperatorSetIdProto", pair);
        model.opsets[key] = version;
        return true;
      case 14:
        eachField(field.bytes, "StringStringEntryProto", pair);
        model.metadata[key] = value;
        return true;
      default: return false;
    }
  });
  return model;
}

}  // namespace slab::testing
