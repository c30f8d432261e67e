// The idx files of MNIST and its relatives, plain or gzipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace slab {

/// An array of unsigned bytes, row-major; images are [n, height, width], labels [n].
struct IdxArray {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> values;
};

/// At most this many bytes are unpacked (full MNIST sets have 47 MB).
inline constexpr std::uint64_t kMaxIdxBytes = std::uint64_t{1} << 30;

/// Error(Data) with file and place for a missing, cut, overlong or damaged file, a type other than
/// unsigned bytes, and one that would unpack to more than `maxBytes`.
IdxArray readIdx(const std::string& path, std::uint64_t maxBytes = kMaxIdxBytes);

/// The same from memory; `name` stands for the path in messages.
IdxArray parseIdx(std::span<const std::byte> file, const std::string& name, std::uint64_t maxBytes = kMaxIdxBytes);

}  // namespace slab
