// PNG encoding of 8-bit images, for attention maps and thumbnails.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/image.h"

namespace slab {

/// Grey, RGB or RGBA by the image's channel count; lossless, no metadata (so nothing about the
/// machine or its user). Throws Error(Internal) for an empty image or another channel count.
std::vector<std::byte> encodePng(const Image& image);

/// Whole or not at all; WriteError on failure.
void writePng(const std::string& path, const Image& image);

}  // namespace slab
