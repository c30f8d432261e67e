// The two passes of a resize over all pixels, for the processor at hand.
#pragma once

#include "core/base/image_view.h"
#include "core/formats/resize_weights.h"

namespace slab {

/// Both give the same bytes on every processor: sums are of integers and no bit of a weight is dropped.
struct ResizeLoops {
  /// Row y of `out` from row y of `image`, each as wide as the weights have targets.
  void (*across)(const ImageView& image, const ResizeWeights& weights, Image& out);
  /// Row y of `out` from the rows that target y names; row 0 of `image` is number weights.begin().
  void (*down)(const ImageView& image, const ResizeWeights& weights, Image& out);
};

/// The fastest that this processor runs.
const ResizeLoops& resizeLoops();

/// What the others are checked against.
const ResizeLoops& plainResizeLoops();
/// nullptr on a processor without AVX2.
const ResizeLoops* avx2ResizeLoops();
/// nullptr on a processor without AVX-512 with VNNI and VBMI.
const ResizeLoops* avx512ResizeLoops();

}  // namespace slab
