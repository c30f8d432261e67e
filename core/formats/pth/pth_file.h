// Files of Python's torch.save, read without Python and without running anything in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/formats/element_type.h"
#include "core/formats/pth/pickle_node.h"

namespace slab {

/// A tensor where it lies in the file: element (i, j, ...) is element i strides[0] + j strides[1] + ... of
/// `bytes`, little-endian, at any address.
struct StridedView {
  ElementType type = ElementType::F32;
  std::vector<std::int64_t> shape, strides;
  std::span<const std::byte> bytes;

  [[nodiscard]] bool isContiguous() const;
};

/// Copies the elements in row-major order; `target` has room for all of them.
void copyElements(const StridedView& view, std::span<std::byte> target);

/// A .pth or .pt file through a memory map: the zip container that torch.save writes since 1.6, and the older
/// one of consecutive pickles and raw storages.
///
/// The pickle is data here (see pickle_machine.h): no class is imported, no function called, whatever it asks
/// for. Refused as Error(Checkpoint), with the file's name and the place: a cut or contradictory container,
/// entries that overlap or are compressed, TorchScript programs, big-endian files, tensors that reach beyond
/// their storage, names that only make sense to run something, and anything above the limits (64 MB of pickle,
/// 48 MB of values). Reading needs at most the mapped file and 64 MB. Copies share the map. Not to be used
/// from two threads at once.
class PthFile {
 public:
  enum class Container { Zip, Legacy };

  static PthFile open(const std::string& path);
  /// From memory that outlives the result; `name` stands in for the path in messages.
  static PthFile parse(std::span<const std::byte> bytes, const std::string& name);

  [[nodiscard]] Container container() const;
  [[nodiscard]] const std::string& path() const;
  /// What was given to torch.save. Lives as long as this object or a copy.
  [[nodiscard]] const PickleNode& root() const;
  /// Of a Tensor node of this file. Its storage's check sum is verified the first time (zip container).
  /// Throws Error(Checkpoint) where it is wrong.
  [[nodiscard]] StridedView tensor(const PickleNode& node) const;
  /// As `tensor`, without data: no byte of the storage is touched.
  [[nodiscard]] StridedView layout(const PickleNode& node) const;

  /// Whether the first bytes are those of either container.
  static bool looksLikeOne(std::span<const std::byte> bytes);

 private:
  struct Content;
  std::shared_ptr<Content> content_;
};

}  // namespace slab
