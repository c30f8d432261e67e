// Fashion-MNIST, and any set in MNIST's four idx files, as bytes.
#pragma once

#include <string>
#include <vector>

#include "core/formats/idx.h"

namespace slab {

enum class MnistPart { Train, Test };

struct MnistFiles {
  std::string imagesPath;
  IdxArray images;  // n x height x width, grey
  IdxArray labels;  // n
};

/// Fashion-MNIST's ten, by label.
const std::vector<std::string>& fashionMnistClassNames();

/// Reads a part from `folder`, gzipped or not: 60,000 or 10,000 images of 28 x 28. Throws Error(Data) for a missing
/// file, naming the Debian package that has it, and for arrays that are no images or no labels of theirs.
MnistFiles readMnist(const std::string& folder, MnistPart part);

}  // namespace slab
