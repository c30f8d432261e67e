// Backgrounds for made-up scenes.
#pragma once

#include "core/base/image.h"
#include "core/base/rng.h"

namespace slab::coco {

/// A picture of size x size RGB pixels: two colours mixed by smooth noise of three scales, and at times stripes or a
/// checked cloth over it. Whole numbers alone, so that it is the same on every machine.
Image drawTexture(int size, Random& random);

}  // namespace slab::coco
