// Any bytes as an image: probing, JPEG decoding with small limits, EXIF. OpenCV's own readers are not
// the target (they have their own fuzzers), so other formats end at the probe.
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"
#include "core/formats/image_codec.h"
#include "core/formats/jpeg_decoder.h"
#include "core/formats/resize.h"

namespace {

/// A part of an image that decodes as a whole has the pixels that it has there.
void checkPart(std::span<const std::byte> bytes, const slab::Image& image, const slab::DecodeOptions& options) {
  const int width = (image.width + 2) / 3, height = (image.height + 2) / 3;
  const slab::Rect region{image.width / 3, image.height / 3, width, height};
  slab::decodePart(bytes, "input", region, 1, 1, options);
  const slab::DecodedPart part = slab::decodePart(bytes, "input", region, width, height, options);
  if (part.image.pixels != slab::crop(image, region).pixels) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  slab::exifOrientation(bytes);
  slab::DecodeOptions options;
  options.limits.maxPixels = 1 << 16;
  options.limits.maxScans = 20;
  options.limits.maxDecoderBytes = 16 << 20;
  try {
    const slab::ImageInfo info = slab::probeImage(bytes, "input");
    if (info.width <= 0 || info.height <= 0) std::abort();
    if (info.format != slab::ImageFormat::Jpeg) return 0;
    slab::DecodeOptions upright = options;
    upright.applyExifOrientation = true;
    slab::decodeImage(bytes, "input", upright);
    const slab::Image image = slab::decodeImage(bytes, "input", options);
    if (image.channels != 3 || image.pixels.size() != image.rowBytes() * static_cast<std::size_t>(image.height)) {
      std::abort();
    }
    checkPart(bytes, image, options);
  } catch (const slab::Error&) {
  }
  return 0;
}
