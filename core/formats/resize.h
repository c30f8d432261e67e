// Antialiased resizing with the filters, bounds and rounding of PIL's Image.resize, so that an
// evaluation sees the pixels that the reference saw.
#pragma once

#include "core/base/image_view.h"

namespace slab {

enum class ResizeFilter {
  Bilinear,  // triangle of radius 1
  Bicubic    // Keys' cubic with a = -0.5, radius 2
};

/// Rows first, then columns, each a convolution whose filter widens with the reduction (support x
/// scale); weights are 22-bit integers and each pass rounds to 8 bits. Pixels outside of `region` are
/// read as far as the filter reaches. Throws Error(Internal) for an empty target or a region outside
/// of the image.
Image resize(const ImageView& image, int width, int height, ResizeFilter filter, const Rect& region);
Image resize(const ImageView& image, int width, int height, ResizeFilter filter);
/// The same for any box inside of the image, as PIL's resize with box.
Image resizeBox(const ImageView& image, int width, int height, ResizeFilter filter, const Box& box);

/// resizeBox with the cubic, turned left to right: the two in one cost no more than the first.
Image resizeMirrored(const ImageView& image, int width, int height, const Box& box);

Image crop(const ImageView& image, const Rect& region);

/// The reference's evaluation: the shorter side to int(256/224 x size) (the longer one rounds down),
/// bicubic, then the central size x size; an odd margin is halved to the even neighbour, as Python's
/// round does.
Image resizeForEvaluation(const ImageView& image, int size);

/// torchvision's Resize(shorter side): {width, height} of the result.
PixelSize fitShorterSide(int width, int height, int shorter);

}  // namespace slab
