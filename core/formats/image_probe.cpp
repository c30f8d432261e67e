#include <algorithm>
#include <cstring>
#include <optional>

#include "core/formats/image_codec.h"
#include "core/formats/image_fault.h"

namespace slab {
namespace {

[[noreturn]] void refuse(const std::string& name, ImageFault fault, const std::string& what, std::size_t offset) {
  throw ImageError(name, fault, what, static_cast<std::int64_t>(offset));
}

/// Numbers at offsets of a header; reading beyond the file is an error with its offset.
class Header {
 public:
  Header(std::span<const std::byte> file, const std::string& name) : file_(file), name_(name) {}

  [[nodiscard]] std::uint32_t little(std::size_t offset, std::size_t size) const {
    std::uint32_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | byteAt(offset + i);
    return value;
  }
  [[nodiscard]] std::uint32_t big(std::size_t offset, std::size_t size) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | byteAt(offset + i);
    return value;
  }
  [[nodiscard]] std::uint32_t byteAt(std::size_t offset) const {
    if (offset >= file_.size()) {
      refuse(name_, ImageFault::Cut, "the file is cut at byte " + std::to_string(file_.size()), file_.size());
    }
    return std::to_integer<std::uint32_t>(file_[offset]);
  }
  [[nodiscard]] bool has(std::size_t offset, std::string_view text) const {
    return offset <= file_.size() && text.size() <= file_.size() - offset &&
           std::memcmp(file_.data() + offset, text.data(), text.size()) == 0;
  }
  [[nodiscard]] std::size_t size() const { return file_.size(); }

 private:
  std::span<const std::byte> file_;
  const std::string& name_;
};

struct Size {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  int channels = 3;
};

/// Walks the segments to the frame header (SOF0 to SOF15 without DHT, JPG and DAC).
Size jpegSize(const Header& header) {
  std::size_t at = 2;
  for (;;) {
    while (header.byteAt(at) != 0xFF) ++at;
    while (header.byteAt(at) == 0xFF) ++at;
    const std::uint32_t marker = header.byteAt(at++);
    const bool alone = marker == 0 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
    if (alone) continue;
    if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) {
      return {header.big(at + 5, 2), header.big(at + 3, 2), header.byteAt(at + 7) == 1 ? 1 : 3};
    }
    at += std::max<std::size_t>(header.big(at, 2), 2);
  }
}

Size pngSize(const Header& header) {
  const std::uint32_t colour = header.byteAt(25);
  return {header.big(16, 4), header.big(20, 4), colour == 0 || colour == 4 ? 1 : 3};
}

Size bmpSize(const Header& header) {
  // A negative height only says that the rows run downwards; the oldest header has 16-bit sizes.
  if (header.little(14, 4) == 12) return {header.little(18, 2), header.little(20, 2), 3};
  const std::uint32_t height = header.little(22, 4);
  return {header.little(18, 4), (height >> 31) != 0 ? 0 - height : height, 3};
}

Size webpSize(const Header& header) {
  if (header.has(12, "VP8 ")) return {header.little(26, 2) & 0x3FFF, header.little(28, 2) & 0x3FFF, 3};
  if (header.has(12, "VP8L")) {
    const std::uint32_t bits = header.little(21, 4);
    return {(bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, 3};
  }
  return {header.little(24, 3) + 1, header.little(27, 3) + 1, 3};
}

Size pnmSize(const Header& header, const std::string& name) {
  std::size_t at = 2;
  const auto number = [&] {
    for (;;) {
      if (header.byteAt(at) == '#') {
        while (header.byteAt(at) != '\n') ++at;
      } else if (std::strchr(" \t\r\n", static_cast<int>(header.byteAt(at))) == nullptr || header.byteAt(at) == 0) {
        break;
      } else {
        ++at;
      }
    }
    std::uint32_t value = 0;
    const std::size_t start = at;
    while (at < header.size() && header.byteAt(at) >= '0' && header.byteAt(at) <= '9' && at - start < 8) {
      value = value * 10 + (header.byteAt(at++) - '0');
    }
    if (at == start) {
      refuse(name, ImageFault::Damaged, "its size is not a number at byte " + std::to_string(at), at);
    }
    return value;
  };
  Size size;
  size.width = number();
  size.height = number();
  size.channels = header.byteAt(1) == '5' || header.byteAt(1) == '2' ? 1 : 3;
  return size;
}

Size tiffSize(const Header& header, const std::string& name) {
  const bool little = header.byteAt(0) == 'I';
  const auto number = [&](std::size_t offset, std::size_t bytes) {
    return little ? header.little(offset, bytes) : header.big(offset, bytes);
  };
  const std::size_t directory = number(4, 4);
  const std::uint32_t count = number(directory, 2);
  Size size;
  std::uint32_t samples = 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + 2 + std::size_t{i} * 12;
    const std::uint32_t tag = number(entry, 2);
    const std::uint32_t value = number(entry + 8, number(entry + 2, 2) == 3 ? 2 : 4);
    if (tag == 256) size.width = value;
    if (tag == 257) size.height = value;
    if (tag == 277) samples = value;
  }
  if (size.width == 0 || size.height == 0) {
    refuse(name, ImageFault::Damaged, "its directory at byte " + std::to_string(directory) + " has no size", directory);
  }
  size.channels = samples == 1 ? 1 : 3;
  return size;
}

std::optional<ImageFormat> formatOf(const Header& header) {
  if (header.has(0, "\xFF\xD8\xFF")) return ImageFormat::Jpeg;
  if (header.has(0, "\x89PNG\r\n\x1A\n")) return ImageFormat::Png;
  if (header.has(0, "BM")) return ImageFormat::Bmp;
  if (header.has(0, "RIFF") && header.has(8, "WEBP")) return ImageFormat::WebP;
  if (header.has(0, std::string_view("II*\0", 4)) || header.has(0, std::string_view("MM\0*", 4)))
    return ImageFormat::Tiff;
  for (const std::string_view magic : {"P2", "P3", "P5", "P6"}) {
    if (header.has(0, magic)) return ImageFormat::Pnm;
  }
  return std::nullopt;
}

Size sizeOf(ImageFormat format, const Header& header, const std::string& name) {
  switch (format) {
    case ImageFormat::Jpeg: return jpegSize(header);
    case ImageFormat::Png: return pngSize(header);
    case ImageFormat::Bmp: return bmpSize(header);
    case ImageFormat::WebP: return webpSize(header);
    case ImageFormat::Pnm: return pnmSize(header, name);
    case ImageFormat::Tiff: return tiffSize(header, name);
  }
  return {};
}

}  // namespace

std::string_view toString(ImageFormat format) {
  switch (format) {
    case ImageFormat::Jpeg: return "JPEG";
    case ImageFormat::Png: return "PNG";
    case ImageFormat::Bmp: return "BMP";
    case ImageFormat::WebP: return "WebP";
    case ImageFormat::Pnm: return "PNM";
    case ImageFormat::Tiff: return "TIFF";
  }
  return "";
}

ImageInfo probeImage(std::span<const std::byte> file, const std::string& name) {
  if (file.empty()) refuse(name, ImageFault::Empty, "the file is empty", 0);
  const Header header(file, name);
  const auto format = formatOf(header);
  if (!format) {
    refuse(name, ImageFault::NotAnImage,
           "its first bytes are of no known image format (JPEG, PNG, BMP, WebP, PNM, TIFF)", 0);
  }
  const Size size = sizeOf(*format, header, name);
  constexpr std::uint32_t kMaxSide = 1U << 30;
  if (size.width == 0 || size.height == 0 || size.width > kMaxSide || size.height > kMaxSide) {
    refuse(name, ImageFault::Damaged,
           "its header claims " + std::to_string(size.width) + " x " + std::to_string(size.height) + " pixels", 0);
  }
  return {*format, static_cast<int>(size.width), static_cast<int>(size.height), size.channels};
}

}  // namespace slab
