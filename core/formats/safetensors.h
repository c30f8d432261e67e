// The safetensors format: 8 bytes of little-endian header length, a JSON header, raw tensor data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/formats/durable_file.h"
#include "core/formats/element_type.h"

namespace slab {

/// One tensor of a file: row-major, little-endian. `bytes` may stand at any address, aligned to the
/// element or not: copy (memcpy) instead of casting the pointer.
struct TensorView {
  std::string name;
  ElementType type = ElementType::F32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
  std::uint64_t fileOffset = 0;
};

/// Reads a file through a memory map; nothing is copied.
///
/// Refused, with file and place in the message, as Error(Checkpoint): a cut file, a header above
/// 100 MB, more than 2^18 tensors, an unknown type, sizes that contradict the shape, data outside
/// the file, overlapping tensors, and bytes that belong to no tensor (so that no file is valid in
/// two formats at once). Copies share the map.
class SafetensorsFile {
 public:
  using Metadata = std::vector<std::pair<std::string, std::string>>;

  static SafetensorsFile open(const std::string& path);
  /// From memory that outlives the result; `name` stands in for the path in messages.
  static SafetensorsFile parse(std::span<const std::byte> bytes, const std::string& name);

  /// In the order of the header.
  [[nodiscard]] const std::vector<TensorView>& tensors() const { return tensors_; }
  /// nullptr when there is none of that name.
  [[nodiscard]] const TensorView* find(std::string_view name) const;
  /// The strings under "__metadata__", in file order.
  [[nodiscard]] const Metadata& metadata() const { return metadata_; }
  /// "" when the key is absent.
  [[nodiscard]] std::string metadataValue(std::string_view key) const;
  /// Keeps the mapped bytes alive beyond this object; empty after `parse`.
  [[nodiscard]] std::shared_ptr<const void> owner() const { return owner_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::shared_ptr<const void> owner_;
  std::vector<TensorView> tensors_;
  std::unordered_map<std::string, std::size_t> index_;
  Metadata metadata_;
};

/// Collects views of tensors and writes them in one go. The header keeps the order of `add`; the
/// data is laid out by falling element size, so that every tensor is aligned. Deterministic: equal
/// input gives equal bytes.
class SafetensorsWriter {
 public:
  void setMetadata(std::string key, std::string value);
  /// `bytes` must stay valid until the write. Throws Error(Internal) for a repeated name or a size
  /// that contradicts the shape.
  void add(std::string name, ElementType type, std::vector<std::int64_t> shape, std::span<const std::byte> bytes);

  void writeTo(ByteSink& sink) const;
  /// Whole or not at all (`writeFileAtomically`).
  void save(const std::string& path) const;

 private:
  std::vector<TensorView> tensors_;
  std::unordered_map<std::string, std::size_t> index_;
  SafetensorsFile::Metadata metadata_;
};

}  // namespace slab
