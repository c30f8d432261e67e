// Formats other than JPEG: through OpenCV in `opencv_decoder.cpp`, or not at all in a build without
// it (`no_opencv_decoder.cpp`). The build picks one of the two files.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/formats/image_codec.h"

namespace slab {

/// Whether this build reads more than JPEG.
bool hasOtherFormats();

/// `info` has passed the limits. Throws Error(Data).
Image decodeOther(std::span<const std::byte> file, const std::string& name, const ImageInfo& info,
                  const DecodeOptions& options);

}  // namespace slab
