// What a pickle's names and calls stand for. Everything is looked up in lists here; nothing is run.
#pragma once

#include <string_view>

#include "core/formats/pth/pickle_machine.h"

namespace slab {

/// Throws Error(Checkpoint) for a name whose only use in a pickle is to run something, and for one that holds
/// other than letters, digits and "_.<>".
void checkGlobal(std::string_view module, std::string_view name);

/// The value that calling a Global with a Tuple stands for: a Tensor, a Dict, ..., or an inert Object.
/// Throws Error(Checkpoint) where a known function is given arguments that make no sense.
PickleNode& inertCall(PickleArena& arena, const PickleNode& callable, const PickleNode& arguments);

/// The Storage that a persistent id ("storage", class, key, location, elements, ...) names.
PickleNode& storageOf(PickleArena& arena, const PickleNode& id);

}  // namespace slab
