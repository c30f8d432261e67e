#include "core/formats/element_type.h"

#include <algorithm>
#include <array>
#include <limits>

namespace slab {
namespace {

struct Entry {
  ElementType type;
  std::string_view name;
  std::size_t bytes;
};

// In the order of the enum.
constexpr std::array<Entry, 15> kEntries{{{ElementType::Bool, "BOOL", 1},
                                          {ElementType::U8, "U8", 1},
                                          {ElementType::I8, "I8", 1},
                                          {ElementType::F8E5M2, "F8_E5M2", 1},
                                          {ElementType::F8E4M3, "F8_E4M3", 1},
                                          {ElementType::I16, "I16", 2},
                                          {ElementType::U16, "U16", 2},
                                          {ElementType::F16, "F16", 2},
                                          {ElementType::BF16, "BF16", 2},
                                          {ElementType::I32, "I32", 4},
                                          {ElementType::U32, "U32", 4},
                                          {ElementType::F32, "F32", 4},
                                          {ElementType::I64, "I64", 8},
                                          {ElementType::U64, "U64", 8},
                                          {ElementType::F64, "F64", 8}}};

const Entry& entry(ElementType type) {
  return kEntries[static_cast<std::size_t>(type)];
}

}  // namespace

std::size_t byteSize(ElementType type) {
  return entry(type).bytes;
}

std::string_view toString(ElementType type) {
  return entry(type).name;
}

std::optional<ElementType> parseElementType(std::string_view name) {
  const auto found = std::find_if(kEntries.begin(), kEntries.end(), [&](const Entry& e) { return e.name == name; });
  if (found == kEntries.end()) return std::nullopt;
  return found->type;
}

std::optional<std::int64_t> elementCount(std::span<const std::int64_t> shape) {
  // A zero anywhere makes the array empty, however large the other dimensions are.
  if (std::any_of(shape.begin(), shape.end(), [](std::int64_t d) { return d < 0; })) return std::nullopt;
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) {
    if (count > std::numeric_limits<std::int64_t>::max() / dimension) return std::nullopt;
    count *= dimension;
  }
  return count;
}

std::optional<std::int64_t> byteCount(std::span<const std::int64_t> shape, ElementType type) {
  const auto count = elementCount(shape);
  const auto bytes = static_cast<std::int64_t>(byteSize(type));
  if (!count || *count > std::numeric_limits<std::int64_t>::max() / bytes) return std::nullopt;
  return *count * bytes;
}

std::string formatShape(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

}  // namespace slab
