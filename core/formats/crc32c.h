// CRC-32C, the Castagnoli polynomial of RFC 3720 (appendix B.4), by which record files check themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace slab {

/// Of the bytes; of several pieces where `before` is the value of those that came before.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);

/// As TensorFlow stores it: rotated and shifted, so that the checksum of data with a checksum inside is no trivial
/// value (tensorflow/core/lib/hash/crc32c.h).
std::uint32_t maskedCrc32c(std::span<const std::byte> bytes);

}  // namespace slab
