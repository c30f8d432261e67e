#include "core/wire/message.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/wire/messages.h"

namespace slab {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 6> kKindNames = {"request", "reply", "progress", "error", "cancel", "event"};
constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxArrays = 4096;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::Data, "a message of the other program is malformed: " + why);
}

// JSON is parsed without recursion but written and freed with it, so depth is refused up front.
bool isTooDeep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

// Bytes the array must have; nothing when the shape is negative or overflows.
std::optional<std::uint64_t> arrayBytes(const WireArray& array) {
  std::uint64_t bytes = dtypeBytes(array.dtype);
  if (bytes == 0) return std::nullopt;
  for (const std::int64_t extent : array.shape) {
    if (extent < 0) return std::nullopt;
    if (extent != 0 && bytes > kMaxPayloadBytes / static_cast<std::uint64_t>(extent)) return std::nullopt;
    bytes *= static_cast<std::uint64_t>(extent);
  }
  return bytes;
}

template <typename T>
WireArray arrayOf(std::string name, const char* dtype, std::vector<std::int64_t> shape, std::span<const T> values) {
  WireArray array{std::move(name), dtype, std::move(shape), std::vector<std::uint8_t>(values.size_bytes())};
  if (!values.empty()) std::memcpy(array.bytes.data(), values.data(), values.size_bytes());
  if (arrayBytes(array) != values.size_bytes()) {
    throw Error(ErrorKind::Internal, "the array '" + array.name + "' does not have the size of its shape");
  }
  return array;
}

template <typename T>
std::vector<T> valuesOf(const WireArray& array, std::string_view dtype) {
  if (array.dtype != dtype) refuse("the array '" + array.name + "' is " + array.dtype + ", not " + std::string(dtype));
  std::vector<T> values(array.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), array.bytes.data(), values.size() * sizeof(T));
  return values;
}

MessageKind kindOf(const std::string& name) {
  const auto found = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (found == kKindNames.end()) refuse("unknown kind '" + name + "'");
  return static_cast<MessageKind>(found - kKindNames.begin());
}

std::vector<std::int64_t> shapeOf(const Json& json) {
  std::vector<std::int64_t> shape;
  for (const Json& extent : json.get_ref<const Json::array_t&>()) {
    if (!extent.is_number_integer()) refuse("an extent that is not an integer");
    shape.push_back(extent.get<std::int64_t>());
  }
  return shape;
}

std::vector<WireArray> readArrays(const Json& list, const std::vector<std::uint8_t>& payload) {
  if (!list.is_array() || list.size() > kMaxArrays) refuse("its list of arrays");
  std::vector<WireArray> arrays;
  std::size_t offset = 0;
  for (const Json& entry : list) {
    WireArray array{
        entry.at("name").get<std::string>(), entry.at("dtype").get<std::string>(), shapeOf(entry.at("shape")), {}};
    const auto bytes = arrayBytes(array);
    if (!bytes || *bytes > payload.size() - offset) refuse("the size of the array '" + array.name + "'");
    const auto begin = payload.begin() + static_cast<std::ptrdiff_t>(offset);
    array.bytes.assign(begin, begin + static_cast<std::ptrdiff_t>(*bytes));
    offset += static_cast<std::size_t>(*bytes);
    arrays.push_back(std::move(array));
  }
  if (offset != payload.size()) refuse("bytes that belong to no array");
  return arrays;
}

}  // namespace

std::string_view toString(MessageKind kind) {
  return kKindNames[static_cast<std::size_t>(kind)];
}

std::size_t dtypeBytes(std::string_view dtype) {
  if (dtype == "u8") return 1;
  if (dtype == "i32" || dtype == "f32") return 4;
  if (dtype == "i64" || dtype == "f64") return 8;
  return 0;
}

std::int64_t WireArray::elements() const {
  const std::size_t size = dtypeBytes(dtype);
  return size == 0 ? 0 : static_cast<std::int64_t>(bytes.size() / size);
}

WireArray makeArray(std::string name, std::vector<std::int64_t> shape, std::span<const float> values) {
  return arrayOf(std::move(name), "f32", std::move(shape), values);
}
WireArray makeArray(std::string name, std::vector<std::int64_t> shape, std::span<const double> values) {
  return arrayOf(std::move(name), "f64", std::move(shape), values);
}
WireArray makeArray(std::string name, std::vector<std::int64_t> shape, std::span<const std::int64_t> values) {
  return arrayOf(std::move(name), "i64", std::move(shape), values);
}
WireArray makeArray(std::string name, std::vector<std::int64_t> shape, std::span<const std::uint8_t> values) {
  return arrayOf(std::move(name), "u8", std::move(shape), values);
}

std::vector<float> floatValues(const WireArray& array) {
  return valuesOf<float>(array, "f32");
}
std::vector<double> doubleValues(const WireArray& array) {
  return valuesOf<double>(array, "f64");
}
std::vector<std::int64_t> integerValues(const WireArray& array) {
  return valuesOf<std::int64_t>(array, "i64");
}

const WireArray* Message::find(std::string_view name) const {
  const auto found = std::find_if(arrays.begin(), arrays.end(), [&](const WireArray& a) { return a.name == name; });
  return found == arrays.end() ? nullptr : &*found;
}

Frame toFrame(const Message& message) {
  Json header = {{"kind", toString(message.kind)}, {"type", message.type}, {"id", message.id}};
  header["body"] = Json::parse(message.body);
  Frame frame;
  if (!message.arrays.empty()) {
    Json list = Json::array();
    for (const WireArray& array : message.arrays) {
      list.push_back({{"name", array.name}, {"dtype", array.dtype}, {"shape", array.shape}});
      frame.payload.insert(frame.payload.end(), array.bytes.begin(), array.bytes.end());
    }
    header["arrays"] = std::move(list);
  }
  frame.header = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  return frame;
}

Message toMessage(Frame frame) {
  if (isTooDeep(frame.header)) refuse("nested too deep");
  try {
    const Json header = Json::parse(frame.header);
    if (!header.is_object()) refuse("its header is not an object");
    Message message;
    message.kind = kindOf(header.at("kind").get<std::string>());
    message.type = header.at("type").get<std::string>();
    const auto id = header.find("id");
    if (id != header.end()) {
      if (!id->is_number_unsigned()) refuse("its id is not a whole number");
      message.id = id->get<std::uint64_t>();
    }
    const auto body = header.find("body");
    if (body != header.end()) {
      if (!body->is_object()) refuse("its body is not an object");
      message.body = body->dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    message.arrays = readArrays(header.value("arrays", Json::array()), frame.payload);
    return message;
  } catch (const Json::exception& error) {
    refuse(error.what());
  }
}

Message makeError(std::uint64_t id, ErrorKind kind, std::string_view text) {
  return pack(MessageKind::Error, id, ErrorBody{std::string(toString(kind)), std::string(text)});
}

Message makeCancelled(std::uint64_t id) {
  return pack(MessageKind::Error, id, ErrorBody{"cancelled", "the request was cancelled"});
}

Message makeCancel(std::uint64_t id) {
  return {MessageKind::Cancel, "cancel", id, "{}", {}};
}

}  // namespace slab
