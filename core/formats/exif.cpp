#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "core/formats/jpeg_decoder.h"

namespace slab {
namespace {

/// Reads numbers of a TIFF block in its own byte order; nothing outside of it.
class TiffBlock {
 public:
  explicit TiffBlock(std::span<const std::byte> bytes) : bytes_(bytes) {
    valid_ = bytes.size() >= 8 && ((bytes[0] == std::byte{'I'} && bytes[1] == std::byte{'I'}) ||
                                   (bytes[0] == std::byte{'M'} && bytes[1] == std::byte{'M'}));
    littleEndian_ = valid_ && bytes[0] == std::byte{'I'};
  }

  [[nodiscard]] std::optional<std::uint32_t> number(std::size_t offset, std::size_t size) const {
    if (!valid_ || offset > bytes_.size() || size > bytes_.size() - offset) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t at = littleEndian_ ? offset + size - 1 - i : offset + i;
      value = value << 8 | std::to_integer<std::uint32_t>(bytes_[at]);
    }
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  bool valid_ = false;
  bool littleEndian_ = false;
};

}  // namespace

int exifOrientation(std::span<const std::byte> segment) {
  constexpr std::string_view kSignature("Exif\0\0", 6);
  constexpr std::uint32_t kOrientationTag = 0x0112;
  constexpr std::size_t kEntryBytes = 12;
  if (segment.size() < kSignature.size() || std::memcmp(segment.data(), kSignature.data(), kSignature.size()) != 0) {
    return 1;
  }
  const TiffBlock tiff(segment.subspan(kSignature.size()));
  const auto directory = tiff.number(4, 4);
  const auto count = directory ? tiff.number(*directory, 2) : std::nullopt;
  for (std::uint32_t i = 0; count && i < *count; ++i) {
    const std::size_t entry = std::size_t{*directory} + 2 + i * kEntryBytes;
    const auto tag = tiff.number(entry, 2);
    if (!tag) return 1;
    if (*tag != kOrientationTag) continue;
    const auto value = tiff.number(entry + 8, 2);
    return value && *value >= 1 && *value <= 8 ? static_cast<int>(*value) : 1;
  }
  return 1;
}

Image applyOrientation(const Image& image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  const bool transposed = orientation >= 5;
  Image out{transposed ? image.height : image.width, transposed ? image.width : image.height, image.channels, {}};
  out.pixels.resize(image.pixels.size());
  // EXIF 2.3, tag 0x0112: the value says on which side of the picture the stored first row and first
  // column lie; a first column on the right or at the bottom is read backwards, a first row likewise.
  const bool againstX = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool againstY = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const auto channels = static_cast<std::size_t>(image.channels);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const int sourceX = transposed ? y : x;
      const int sourceY = transposed ? x : y;
      const int fromX = againstX ? image.width - 1 - sourceX : sourceX;
      const int fromY = againstY ? image.height - 1 - sourceY : sourceY;
      std::memcpy(out.row(y) + static_cast<std::size_t>(x) * channels,
                  image.row(fromY) + static_cast<std::size_t>(fromX) * channels, channels);
    }
  }
  return out;
}

}  // namespace slab
