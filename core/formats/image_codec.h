// Decoding of image files: JPEG through libjpeg-turbo, other formats through OpenCV where it is
// built in. A damaged file is an error that names the file and the byte, never a repaired image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/image_view.h"

namespace slab {

enum class ImageFormat { Jpeg, Png, Bmp, WebP, Pnm, Tiff };

std::string_view toString(ImageFormat format);

/// What the first bytes of a file claim.
struct ImageInfo {
  ImageFormat format = ImageFormat::Jpeg;
  int width = 0;
  int height = 0;
  int channels = 0;  // 1 grey, else 3 or 4
};

/// What decoding one file may cost. The defaults hold a hostile file below about 2 s and 512 MB.
struct DecodeLimits {
  std::uint64_t maxFileBytes = std::uint64_t{256} << 20;
  std::int64_t maxPixels = 64'000'000;
  /// Progressive JPEG: scans, and pixels x scans (each scan touches every pixel again).
  int maxScans = 100;
  std::int64_t maxScannedPixels = 800'000'000;
  /// Working memory of the JPEG decoder (the coefficients of progressive files).
  std::int64_t maxDecoderBytes = std::int64_t{300} << 20;
};

enum class ColorMode {
  Rgb,    // 3 channels; grey is replicated, alpha dropped, CMYK converted as PIL does
  Grey,   // 1 channel; PIL's integer luma (ITU-R 601)
  Stored  // 1 or 3 channels, as in the file
};

struct DecodeOptions {
  ColorMode color = ColorMode::Rgb;
  /// Turns the image upright by its EXIF tag (JPEG). Off for training and evaluation: PIL's
  /// Image.open, which the reference uses, leaves images as stored.
  bool applyExifOrientation = false;
  DecodeLimits limits{};
};

/// Looks at the header only. Error(Data) when the format is not known or the header is cut.
ImageInfo probeImage(std::span<const std::byte> file, const std::string& name);

/// `name` stands for the file in messages. Throws Error(Data) for a damaged or cut file (with the
/// byte where decoding stopped), an exceeded limit, and a format this build can't read.
Image decodeImage(std::span<const std::byte> file, const std::string& name, const DecodeOptions& options = {});
Image decodeImage(const std::string& path, const DecodeOptions& options = {});

/// What a crop needs of a file's image.
struct DecodedPart {
  Image image;
  /// Where the region that was asked for lies, in pixels of `image`: all of it, but for a fraction of a
  /// pixel at the edges of a reduced one.
  Box box;
};

/// As decodeImage without orientation, for a crop of `region` (in pixels of the stored image) that will be
/// resized to targetWidth x targetHeight. Of a JPEG nothing else is reconstructed, and the region at a half
/// or a quarter where it is then still at least as large as the target; the other scales are slower than
/// whole ones. Unreduced it has the very pixels of decodeImage. Damage outside of the region is an error
/// all the same. Throws Error(Internal) for a region outside of the image.
DecodedPart decodePart(std::span<const std::byte> file, const std::string& name, const Rect& region, int targetWidth,
                       int targetHeight, const DecodeOptions& options = {});

/// By the end of the name, as image folders do: jpg, jpeg, png, bmp, webp, pgm, ppm, tif, tiff; of
/// those only jpg and jpeg in a build without OpenCV.
bool isImageName(std::string_view fileName);

}  // namespace slab
