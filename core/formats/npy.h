// NumPy's .npy files: one array, a small header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/formats/durable_file.h"
#include "core/formats/element_type.h"

namespace slab {

/// What stands before the data of a .npy file.
struct NpyHeader {
  ElementType type = ElementType::F32;
  std::vector<std::int64_t> shape;
  std::size_t dataOffset = 0;
};

/// Versions 1 to 3; little-endian float32, float64, uint8 and int64 in C order. Anything else is
/// refused with Error(Data) that names the file and the numpy call that mends it. `bytes` is the
/// file or at least its header; `name` stands for it in messages.
NpyHeader parseNpyHeader(std::span<const std::byte> bytes, const std::string& name);

/// A mapped array, row-major. The data may be unaligned: copy it instead of casting the pointer.
class NpyFile {
 public:
  /// Throws Error(Data), also for a file shorter or longer than its header says.
  explicit NpyFile(const std::string& path);

  [[nodiscard]] ElementType type() const { return header_.type; }
  [[nodiscard]] const std::vector<std::int64_t>& shape() const { return header_.shape; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Keeps the mapped bytes alive beyond this object.
  [[nodiscard]] std::shared_ptr<const void> owner() const { return owner_; }

 private:
  std::string path_;
  std::shared_ptr<const void> owner_;
  NpyHeader header_;
  std::span<const std::byte> bytes_;
};

/// The header of version 1.0 that NumPy itself writes: its length a multiple of 64.
std::string formatNpyHeader(ElementType type, std::span<const std::int64_t> shape);

/// Whole or not at all. Types as for reading, else Error(Internal); WriteError on failure.
void writeNpy(const std::string& path, ElementType type, std::span<const std::int64_t> shape,
              std::span<const std::byte> bytes);

/// float32, the commonest case.
void writeNpy(const std::string& path, std::span<const std::int64_t> shape, std::span<const float> values);

}  // namespace slab
