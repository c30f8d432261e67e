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

/// AVX2 where there is AVX2.
const ResizeLoops& resizeLoops();

/// The same without: what the fast ones are checked against.
const ResizeLoops& plainResizeLoops();

}  // namespace slab
