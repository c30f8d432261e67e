// Folders of images: root/train/<class>/*.jpg and root/val/<class>/*.jpg.
#pragma once

#include <memory>

#include "core/data/dataset.h"

namespace slab::data {

/// Classes are the folders of `train`, sorted by name; the same numbers hold for `val`. Folders below
/// a class are searched as well; files are sorted by path. Hidden folders and files are passed over
/// and reported, as are empty classes, and classes that only one of the two parts has. nullptr for a
/// validation part without folder. Throws Error(Data) when root or train is missing or holds no image.
std::unique_ptr<Dataset> openImageFolder(const std::string& root, Split split);

}  // namespace slab::data
