// Fashion-MNIST, and any set in MNIST's four idx files.
#pragma once

#include <memory>

#include "core/data/dataset.h"

namespace slab::data {

/// Reads `root` (default: Debian's folder) whole: 60,000 or 10,000 grey images of 28 x 28, gzipped or
/// not. Class names are those of Fashion-MNIST. Throws Error(Data) naming path and package.
std::unique_ptr<Dataset> openFashionMnist(const std::string& root, Split split);

}  // namespace slab::data
