#include "core/formats/image_codec.h"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "core/formats/image_fault.h"
#include "core/formats/jpeg_decoder.h"
#include "core/formats/mapped_file.h"
#include "core/formats/other_decoder.h"
#include "core/formats/resize.h"

namespace slab {
namespace {

std::size_t bigEndian(std::span<const std::byte> bytes) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::size_t>(bytes[i]);
  return value;
}

/// Every chunk whole and with its checksum, up to IEND: OpenCV's reader would say neither where a
/// file is damaged nor, in ancillary chunks, that it is.
void checkPngChunks(std::span<const std::byte> file, const std::string& name) {
  constexpr std::size_t kSignature = 8, kFrame = 12;
  for (std::size_t at = kSignature;;) {
    const auto refuse = [&](ImageFault fault, const char* what) {
      throw ImageError(name, fault,
                       "the PNG chunk at byte " + std::to_string(at) + " of " + std::to_string(file.size()) + what,
                       static_cast<std::int64_t>(at));
    };
    const std::size_t left = file.size() - at;
    if (left < kFrame) refuse(ImageFault::Cut, " is missing, the file is cut");
    const std::size_t length = bigEndian(file.subspan(at));
    if (length > left - kFrame) refuse(ImageFault::Cut, " is cut");
    const auto covered = file.subspan(at + 4, length + 4);
    const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(covered.data()), covered.size());
    if (sum != bigEndian(file.subspan(at + 8 + length)))
      refuse(ImageFault::Damaged, " is damaged, its checksum differs");
    if (std::memcmp(covered.data(), "IEND", 4) == 0) return;
    at += kFrame + length;
  }
}

/// The header, within the limits.
ImageInfo examine(std::span<const std::byte> file, const std::string& name, const DecodeOptions& options) {
  if (file.size() > options.limits.maxFileBytes) {
    throw ImageError(name, ImageFault::TooLarge,
                     "its " + std::to_string(file.size()) + " bytes are above the limit of " +
                         std::to_string(options.limits.maxFileBytes));
  }
  const ImageInfo info = probeImage(file, name);
  if (std::int64_t{info.width} * info.height > options.limits.maxPixels) {
    throw ImageError(name, ImageFault::TooLarge,
                     "its header claims " + std::to_string(info.width) + " x " + std::to_string(info.height) +
                         " pixels, above the limit of " + std::to_string(options.limits.maxPixels));
  }
  if (info.format == ImageFormat::Png) checkPngChunks(file, name);
  return info;
}

/// By how much the sides of a region may shrink: 1, 2 or 4.
int reductionFor(const Rect& region, int targetWidth, int targetHeight) {
  for (const int reduction : {4, 2}) {
    if (region.width / reduction >= targetWidth && region.height / reduction >= targetHeight) return reduction;
  }
  return 1;
}

}  // namespace

Image decodeImage(std::span<const std::byte> file, const std::string& name, const DecodeOptions& options) {
  const ImageInfo info = examine(file, name, options);
  return info.format == ImageFormat::Jpeg ? decodeJpeg(file, name, options) : decodeOther(file, name, info, options);
}

Image decodeImage(const std::string& path, const DecodeOptions& options) {
  return decodeImage(MappedFile(path).bytes(), path, options);
}

DecodedPart decodePart(std::span<const std::byte> file, const std::string& name, const Rect& region, int targetWidth,
                       int targetHeight, const DecodeOptions& options) {
  const ImageInfo info = examine(file, name, options);
  const bool inside = region.x >= 0 && region.y >= 0 && region.width > 0 && region.height > 0 &&
                      region.width <= info.width - region.x && region.height <= info.height - region.y;
  if (!inside) {
    throw Error(ErrorKind::Internal, name + ": a region outside of its " + std::to_string(info.width) + " x " +
                                         std::to_string(info.height) + " pixels was asked for");
  }
  if (info.format == ImageFormat::Jpeg) {
    return decodeJpegPart(file, name, region, reductionFor(region, targetWidth, targetHeight), options);
  }
  const Image whole = decodeOther(file, name, info, options);
  return {crop(whole, region), {0, 0, static_cast<double>(region.width), static_cast<double>(region.height)}};
}

bool isImageName(std::string_view fileName) {
  const auto dot = fileName.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string ending(fileName.substr(dot + 1));
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  if (ending == "jpg" || ending == "jpeg") return true;
  constexpr std::string_view kOthers[] = {"png", "bmp", "webp", "pgm", "ppm", "tif", "tiff"};
  return hasOtherFormats() && std::find(std::begin(kOthers), std::end(kOthers), ending) != std::end(kOthers);
}

}  // namespace slab
