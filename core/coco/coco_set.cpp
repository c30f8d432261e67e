#include "core/coco/coco_set.h"

#include "core/base/error.h"

namespace slab::coco {

RunLengths maskOf(const CocoAnnotation& annotation, const CocoImage& image) {
  if (const auto* runs = std::get_if<RunLengths>(&annotation.shape)) return *runs;
  if (const auto* polygons = std::get_if<std::vector<Polygon>>(&annotation.shape)) {
    return drawPolygons(*polygons, static_cast<std::uint32_t>(image.height), static_cast<std::uint32_t>(image.width));
  }
  throw Error(ErrorKind::Internal, "annotation " + std::to_string(annotation.id) + " has no mask");
}

}  // namespace slab::coco
