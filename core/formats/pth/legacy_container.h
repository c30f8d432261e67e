// The container of torch.save before 1.6: pickles and raw storages one after the other.
#pragma once

#include <cstddef>
#include <span>

#include "core/formats/pth/pickle_machine.h"

namespace slab {

/// Whether the bytes begin as a pickle; the magic number is `readLegacy`'s to check.
bool looksLikeLegacy(std::span<const std::byte> bytes);

/// Layout: pickles of the magic number, the protocol (1001), a dict about the writing machine, the object, the
/// list of storage keys; then for each key the count of elements (64 bits) and the elements. Returns the
/// object and fills the arena's storages with their bytes. Throws Error(Checkpoint) with the reason, without
/// the file's name.
const PickleNode* readLegacy(std::span<const std::byte> bytes, PickleArena& arena);

}  // namespace slab
