// Reads one pickle as data: a stack machine with an allow-list of opcodes, in which calls make inert nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/formats/element_type.h"
#include "core/formats/pth/pickle_node.h"

namespace slab {

/// A run of elements that the file holds once and any number of tensors look at. `bytes` is known where the
/// container says so (empty until then).
struct PthStorage {
  std::string_view key;
  ElementType type = ElementType::F32;
  std::int64_t count = 0;
  std::span<const std::byte> bytes;
};

/// A tensor's layout in its storage, checked against the storage's count: no stride is negative and the last
/// element lies inside. Sizes, strides and offset count elements.
struct PthTensor {
  ElementType type = ElementType::F32;
  std::vector<std::int64_t> shape, strides;
  std::int64_t offset = 0;
  std::size_t storage = 0;
};

/// Everything the pickles of one file describe; pointers into it stay valid while it lives.
///
/// Memory is counted, not hoped for: above `kBytes` (48 MB; a checkpoint of 3,000 tensors needs 5) `charge`
/// throws.
class PickleArena {
 public:
  static constexpr std::size_t kBytes = std::size_t{48} << 20;

  /// A new node; throws Error(Checkpoint) where memory is used up.
  PickleNode& add(PickleKind kind);
  /// Counts `bytes` of memory; throws Error(Checkpoint) above the limit.
  void charge(std::size_t bytes);
  /// The storage of that key, new or known; throws Error(Checkpoint) where it is known with another type or
  /// size.
  std::size_t addStorage(const PthStorage& storage);

  std::vector<PthStorage> storages;
  std::vector<PthTensor> tensors;

 private:
  std::deque<PickleNode> nodes_;
  std::unordered_map<std::string_view, std::size_t> storageIndex_;
  std::size_t used_ = 0;
};

struct PickleResult {
  const PickleNode* root = nullptr;
  std::size_t end = 0;  // bytes read
};

/// Reads the pickle at the start of `bytes` (protocols 2 to 5, what Python's pickler writes for torch.save).
///
/// Known to it: torch's tensors, parameters, storages, sizes; OrderedDict and defaultdict. Any other class
/// becomes an inert Object with its arguments and state. Names that no checkpoint needs and that only make
/// sense to run something (os.system, builtins.eval, ...) are refused by name, so that the user hears of it.
/// Limits: 2 M opcodes, 256 levels of nesting, 2^18 values on the stack, 2^19 memo slots.
/// Throws Error(Checkpoint) with the byte and the reason, without the file's name.
PickleResult readPickle(std::span<const std::byte> bytes, PickleArena& arena);

}  // namespace slab
