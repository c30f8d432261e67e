// Folders of images: root/train/<class>/*.jpg and root/val/<class>/*.jpg, ImageNet-1K's layout.
#pragma once

#include <memory>

#include "core/data/dataset.h"

namespace slab::data {

/// Classes are the folders of `train`, sorted by name; the same numbers hold for `val`. Folders below
/// a class are searched as well; files are sorted by path. Hidden folders and files are passed over
/// and reported, as are empty classes, and classes that only one of the two parts has. A `val` whose
/// images lie loose takes their labels from a list (core/data/validation_list.h). nullptr for a
/// validation part without folder or image.
///
/// What the last scan (core/data/manifest.h) found to be damaged, and is unchanged since, is not opened
/// again: its sample throws at once, with the scan's cause.
///
/// Throws Error(Data) when root or train is missing or holds no image, and when loose validation images
/// have no list or one that does not fit.
std::unique_ptr<Dataset> openImageFolder(const std::string& root, Split split);

}  // namespace slab::data
