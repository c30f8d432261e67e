// Random erasing (Zhong et al., 2017) of normalised samples, as timm's mode `pixel`.
#pragma once

#include <optional>

#include "core/base/rng.h"
#include "core/formats/resize.h"

namespace slab::data {

/// With probability 1/4 a box of 2 to 33 % of the area and aspect 0.3 to 1/0.3 that is smaller than the
/// sample both ways; ten tries.
std::optional<Rect> drawEraseBox(int width, int height, Random& random);

/// Fills the box of each of `channels` planes (width x height) with N(0, 1) from `random`.
void eraseBox(float* planes, int channels, int width, int height, const Rect& box, Random& random);

}  // namespace slab::data
