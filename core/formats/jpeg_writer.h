// JPEG files of our own making: packed data sets that are made smaller.
#pragma once

#include <cstddef>
#include <vector>

#include "core/base/image_view.h"

namespace slab {

/// Grey or RGB; baseline, Huffman tables optimised, colour at half resolution (4:2:0), as most photographs are stored.
/// `quality` is libjpeg's, 1 to 100. Throws Error(Internal) for another number of channels or an image that is empty
/// or wider or higher than 65,500.
std::vector<std::byte> encodeJpeg(const ImageView& image, int quality);

}  // namespace slab
