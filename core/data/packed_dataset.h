// Data sets that `slab data pack` made.
#pragma once

#include <memory>
#include <string>

#include "core/data/dataset.h"

namespace slab::data {

/// One part of the packed set in `root`, with the classes, labels and order of the folder it was made of. nullptr for a
/// validation part without an image. Throws Error(Data) when the index is damaged, a shard is missing, or there is no
/// training image.
std::unique_ptr<Dataset> openPackedSet(const std::string& root, Split split);

}  // namespace slab::data
