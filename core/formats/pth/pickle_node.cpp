#include "core/formats/pth/pickle_node.h"

#include <algorithm>
#include <array>
#include <bit>

namespace slab {
namespace {

const PickleNode* lookUp(std::span<const PickleNode* const> entries, std::string_view key) {
  const PickleNode* found = nullptr;
  for (std::size_t i = 0; i + 1 < entries.size(); i += 2) {
    if (entries[i]->kind == PickleKind::Text && entries[i]->text == key) found = entries[i + 1];
  }
  return found;
}

// Bytes, or the text that protocol 2 wraps them in: _codecs.encode(text, "latin1"). Every character of such a
// text stands for one byte, in UTF-8.
std::optional<std::string> rawBytes(const PickleNode& node) {
  if (node.kind == PickleKind::Bytes) return std::string(node.text);
  if (node.kind != PickleKind::Object || describeKind(node) != "_codecs.encode" || !node.arguments ||
      node.arguments->items.empty() || node.arguments->items[0]->kind != PickleKind::Text) {
    return std::nullopt;
  }
  const std::string_view text = node.arguments->items[0]->text;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
    } else if ((lead & 0xFC) == 0xC0 && i + 1 < text.size()) {
      bytes += static_cast<char>((lead & 3) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3F));
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

template <typename Unsigned>
Unsigned littleEndian(std::string_view bytes) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    value |= static_cast<Unsigned>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return value;
}

// numpy.core.multiarray.scalar(numpy.dtype("f8", ...), bytes)
std::optional<double> numpyScalar(const PickleNode& node) {
  const std::string name = describeKind(node);
  if (!name.starts_with("numpy.") || !name.ends_with(".multiarray.scalar") || !node.arguments ||
      node.arguments->items.size() != 2) {
    return std::nullopt;
  }
  const PickleNode& type = *node.arguments->items[0];
  if (type.kind != PickleKind::Object || !type.arguments || type.arguments->items.empty()) return std::nullopt;
  const std::string_view code = type.arguments->items[0]->text;
  const auto bytes = rawBytes(*node.arguments->items[1]);
  if (!bytes) return std::nullopt;
  if (code == "f8" && bytes->size() == 8) return std::bit_cast<double>(littleEndian<std::uint64_t>(*bytes));
  if (code == "f4" && bytes->size() == 4) {
    return static_cast<double>(std::bit_cast<float>(littleEndian<std::uint32_t>(*bytes)));
  }
  if (code == "i8" && bytes->size() == 8) {
    return static_cast<double>(static_cast<std::int64_t>(littleEndian<std::uint64_t>(*bytes)));
  }
  if (code == "i4" && bytes->size() == 4) {
    return static_cast<double>(static_cast<std::int32_t>(littleEndian<std::uint32_t>(*bytes)));
  }
  return std::nullopt;
}

}  // namespace

std::span<const PickleNode* const> dictEntries(const PickleNode& node) {
  if (node.kind == PickleKind::Dict) return node.items;
  if (node.kind == PickleKind::Object) return node.entries;
  return {};
}

const PickleNode* findItem(const PickleNode& node, std::string_view key) {
  if (const PickleNode* found = lookUp(dictEntries(node), key)) return found;
  if (node.kind != PickleKind::Object || !node.state) return nullptr;
  return lookUp(dictEntries(*node.state), key);
}

const PickleNode* findPath(const PickleNode& node, std::span<const std::string_view> path) {
  const PickleNode* at = &node;
  for (const auto key : path) {
    at = findItem(*at, key);
    if (!at) return nullptr;
  }
  return at;
}

std::optional<std::int64_t> asInteger(const PickleNode* node) {
  if (node && (node->kind == PickleKind::Integer || node->kind == PickleKind::Bool)) return node->integer;
  return std::nullopt;
}

std::optional<double> asNumber(const PickleNode* node) {
  if (!node) return std::nullopt;
  if (node->kind == PickleKind::Real) return node->real;
  if (node->kind == PickleKind::Object) return numpyScalar(*node);
  if (const auto integer = asInteger(node)) return static_cast<double>(*integer);
  return std::nullopt;
}

std::optional<std::string> asText(const PickleNode* node) {
  if (node && node->kind == PickleKind::Text) return std::string(node->text);
  return std::nullopt;
}

std::string describeKind(const PickleNode& node) {
  static constexpr std::array<std::string_view, 15> kWords{"None", "bool",   "int",    "int",     "float",
                                                           "str",  "bytes",  "list",   "tuple",   "dict",
                                                           "set",  "global", "object", "storage", "tensor"};
  if (node.kind == PickleKind::Global) return std::string(node.text) + "." + std::string(node.name);
  if (node.kind == PickleKind::Object && node.type) return describeKind(*node.type);
  return std::string(kWords[static_cast<std::size_t>(node.kind)]);
}

}  // namespace slab
