// Masks to polygons.
#pragma once

#include <optional>
#include <vector>

#include "core/base/image_view.h"
#include "core/coco/polygon.h"

namespace slab::coco {

/// Polygons along the edges of the pixels, one around every piece of the mask (pixels that touch at a corner alone are
/// two pieces): drawn again they give the very same pixels. Corners are whole numbers. Nothing for a mask with a hole,
/// which polygons can't say, and for an empty one. `mask` has one channel; pixels that are not 0 are in.
std::optional<std::vector<Polygon>> outlinesOf(const ImageView& mask);

}  // namespace slab::coco
