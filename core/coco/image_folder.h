// Where the images of an annotation file lie.
#pragma once

#include <string>

#include "core/coco/coco_set.h"

namespace slab::coco {

/// The folder that the set's file names are relative to, looked for around the annotation file as data sets are laid
/// out (annotations/instances_val2017.json beside val2017/ or images/val2017/, or the images beside the file): the
/// first that holds one of the first few images. "" where none does. Looks at a few dozen paths, opens nothing.
std::string findImageFolder(const CocoSet& set);

/// The file of an image, joined to the folder; "" where the record names none.
std::string imageFileOf(const std::string& folder, const CocoImage& image);

}  // namespace slab::coco
