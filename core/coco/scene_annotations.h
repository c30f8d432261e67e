// The annotation file of made-up scenes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/coco/coco_set.h"
#include "core/coco/scene.h"

namespace slab::coco {

/// What a scene's objects are in an annotation file: box, area and shape of each mask. `key` decides which shapes are
/// polygons. Ids and the image are still to be set.
std::vector<CocoAnnotation> annotationsOf(const Scene& scene, std::uint64_t key);

/// Fashion-MNIST's ten, from 1 on.
std::vector<CocoCategory> sceneCategories();

/// The set as JSON, as COCO's own files have it: `set.annotations` with polygons, and with run lengths as a list where
/// they are crowds, else as a text. The text of `description` stands in info.
std::string toAnnotationJson(const CocoSet& set, const std::string& description);

}  // namespace slab::coco
