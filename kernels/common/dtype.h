#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace slab::kernels {

/// Storage type of activations. Arithmetic is float32 or wider whatever the storage; parameters, statistics and
/// parameter gradients are always float32.
enum class DType : std::uint8_t { F32, BF16, F16 };

[[nodiscard]] constexpr std::size_t sizeOf(DType dtype) {
  return dtype == DType::F32 ? 4 : 2;
}

/// The upper half of a float32 (8 exponent bits).
struct BFloat16 {
  std::uint16_t bits;
};

/// IEEE 754 binary16.
struct Half {
  std::uint16_t bits;
};

[[nodiscard]] constexpr float toFloat(float value) {
  return value;
}

[[nodiscard]] constexpr float toFloat(BFloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

/// Exact: every binary16 value, subnormals included, is a float32.
[[nodiscard]] constexpr float toFloat(Half value) {
  const std::uint32_t sign = static_cast<std::uint32_t>(value.bits & 0x8000u) << 16;
  const std::uint32_t magnitude = value.bits & 0x7fffu;
  if (magnitude >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
  // Placing the half's bits in a float's fields is off by the two exponent biases, 2^112, subnormals included.
  const float scaled = std::bit_cast<float>(magnitude << 13) * 0x1p112f;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(scaled) | sign);
}

/// Rounds a float32 to the storage type, to nearest, ties to even; NaN stays NaN.
template <class T>
[[nodiscard]] constexpr T fromFloat(float value);

template <>
[[nodiscard]] constexpr float fromFloat<float>(float value) {
  return value;
}

template <>
[[nodiscard]] constexpr BFloat16 fromFloat<BFloat16>(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<std::uint16_t>(bits >> 16 | 0x40u)};
  return {static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16)};
}

template <>
[[nodiscard]] constexpr Half fromFloat<Half>(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return {static_cast<std::uint16_t>(sign | 0x7e00u)};
  if (magnitude >= 0x477ff000u) return {static_cast<std::uint16_t>(sign | 0x7c00u)};  // rounds past 65504
  if (magnitude < 0x38800000u) {
    // Subnormal result: adding 0.5 puts the units of 2^-24 at the end of the significand, rounded by the addition.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return {static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000u))};
  }
  const std::uint32_t rounded = magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1u);
  return {static_cast<std::uint16_t>(sign | rounded >> 13)};
}

}  // namespace slab::kernels
