// Any bytes as an image: probing, JPEG decoding with small limits, EXIF. OpenCV's own readers are not
// the target (they have their own fuzzers), so other formats end at the probe.
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"
#include "core/formats/image_codec.h"
#include "core/formats/jpeg_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  slab::exifOrientation(bytes);
  slab::DecodeOptions options;
  options.applyExifOrientation = true;
  options.limits.maxPixels = 1 << 16;
  options.limits.maxScans = 20;
  options.limits.maxDecoderBytes = 16 << 20;
  try {
    const slab::ImageInfo info = slab::probeImage(bytes, "input");
    if (info.width <= 0 || info.height <= 0) std::abort();
    if (info.format != slab::ImageFormat::Jpeg) return 0;
    const slab::Image image = slab::decodeImage(bytes, "input", options);
    if (image.channels != 3 || image.pixels.size() != image.rowBytes() * static_cast<std::size_t>(image.height)) {
      std::abort();
    }
  } catch (const slab::Error&) {
  }
  return 0;
}
