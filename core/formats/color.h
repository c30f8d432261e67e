// Conversions between the colours of files and those of models, with PIL's integer rounding.
#pragma once

#include "core/formats/image_codec.h"

namespace slab {

/// Four inverted channels, as JPEG files of CMYK have them (Adobe's convention), to RGB.
Image cmykToRgb(const Image& image);

/// From 1 or 3 channels. To grey: (19595 R + 38470 G + 7471 B + 32768) >> 16.
Image convertColor(Image image, ColorMode mode);

}  // namespace slab
