// JPEG by libjpeg-turbo, with its C error handling kept in one place.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/formats/image_codec.h"

namespace slab {

/// See `decodeImage`. Damage that libjpeg would paint over (missing data, bad codes, lost markers)
/// is an error here; harmless oddities (bytes before a marker, unusual headers) are not.
Image decodeJpeg(std::span<const std::byte> file, const std::string& name, const DecodeOptions& options);

/// See `decodePart`; `reduction` is 1, 2 or 4: the sides of the result are 1/reduction of the region's,
/// but the region's own where the file's colour is coarser than half.
DecodedPart decodeJpegPart(std::span<const std::byte> file, const std::string& name, const Rect& region, int reduction,
                           const DecodeOptions& options);

/// EXIF orientation 1 to 8 of an APP1 segment's content; 1 when there is none. Never reads outside.
int exifOrientation(std::span<const std::byte> segment);

/// Turns and mirrors by an EXIF orientation.
Image applyOrientation(const Image& image, int orientation);

}  // namespace slab
