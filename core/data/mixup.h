// Mixup (Zhang et al., 2017) and CutMix (Yun et al., 2019) of whole batches, as timm mixes them: one
// draw a batch, each sample with its opposite in the reversed batch.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/rng.h"
#include "core/formats/resize.h"

namespace slab::data {

/// lambda is the share of the sample itself, 1 - lambda that of its partner; with a box (CutMix) the
/// box is the partner's, and lambda what is left of the area. The box may be empty.
struct MixDraw {
  double lambda = 1.0;
  std::optional<Rect> box;
};

/// With probability 1/2 CutMix with Beta(1, 1), else Mixup with Beta(0.8, 0.8).
MixDraw drawMix(int width, int height, Random& random);

/// The box for a share 1 - lambda about a centre, clipped to the image, and lambda corrected to it.
MixDraw cutMixBox(int width, int height, double lambda, int centreX, int centreY);

/// Mixes `count` samples of channels x height x width in place. The middle one of an odd number is its
/// own partner and stays as it is.
void mixBatch(float* samples, std::int64_t count, int channels, int width, int height, const MixDraw& draw);

}  // namespace slab::data
