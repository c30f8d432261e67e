// What happens to a sample between the data set and the batch, but for the recipe of augment.h.
#pragma once

#include <cstdint>

#include "core/base/image.h"
#include "core/base/rng.h"
#include "core/config/data_config.h"
#include "core/data/sample_source.h"

namespace slab::data {

/// Size of one channel of a sample, row-major.
struct Plane {
  int height = 0;
  int width = 0;
};

/// The draw of one sample: mirrored or not, and by how many pixels it is moved.
struct Placement {
  bool flip = false;
  int right = 0;
  int down = 0;
};

/// Drawn from the sample's own stream. none: nothing. flip: mirrored with probability 1/2. light: the
/// same, then moved by -2..2 pixels each way. timm: nothing, the recipe (augment.h) has draws of its own.
Placement drawPlacement(Augment augment, Random& random);

/// Copies `channels` planes from `from` to `to`, mirrored and moved; pixels that a move brings in are 0.
template <typename Value>
void copyPlaced(const Value* from, Value* to, int channels, Plane plane, const Placement& placement);

extern template void copyPlaced(const std::uint8_t*, std::uint8_t*, int, Plane, const Placement&);
extern template void copyPlaced(const float*, float*, int, Plane, const Placement&);

/// An image of a folder for training at `size` x `size`: the shorter side to `size` (bicubic,
/// antialiased), then a square crop of that size. With augment none the crop is central, else its
/// position along the longer side is uniform. Throws as resizedRegion.
Image resizeForTraining(const SampleSource& source, ColorMode color, int size, Augment augment, Random& random);

/// Interleaved H x W x C to planes C x H x W.
void toPlanes(const Image& image, std::uint8_t* planes);

}  // namespace slab::data
