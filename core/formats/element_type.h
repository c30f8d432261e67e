// Element types of arrays in files, named as in safetensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace slab {

enum class ElementType : std::uint8_t {
  Bool,
  U8,
  I8,
  F8E5M2,
  F8E4M3,
  I16,
  U16,
  F16,
  BF16,
  I32,
  U32,
  F32,
  I64,
  U64,
  F64
};

/// Bytes of one element.
std::size_t byteSize(ElementType type);

/// "F32", "BF16", ...: the safetensors name.
std::string_view toString(ElementType type);

/// The type with that safetensors name; nothing for an unknown one.
std::optional<ElementType> parseElementType(std::string_view name);

/// Elements of a shape (1 for the scalar shape []); nothing if a dimension is negative or the
/// product overflows 63 bits.
std::optional<std::int64_t> elementCount(std::span<const std::int64_t> shape);

/// Bytes of a whole array; nothing where `elementCount` has nothing or the bytes overflow 63 bits.
std::optional<std::int64_t> byteCount(std::span<const std::int64_t> shape, ElementType type);

/// "[3, 224, 224]".
std::string formatShape(std::span<const std::int64_t> shape);

}  // namespace slab
