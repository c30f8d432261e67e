// Attention maps as files: an overlay to look at and the numbers behind it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/image.h"

namespace slab::inspect {

/// A map over an image: the dimmed image, the map in magma scaled so that `maximum` is the brightest, and
/// the query as a white square inside a black one. `map`: grid h x w, row-major. `query` -1: none.
/// The result's longer side is at least `side` pixels.
Image overlay(const Image& image, std::span<const float> map, int gridHeight, int gridWidth, float maximum,
              std::int64_t query, int side = 448);

}  // namespace slab::inspect
