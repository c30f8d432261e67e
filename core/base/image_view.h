// Pixels that lie somewhere in memory, and parts of them, without copying.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/image.h"

namespace slab {

struct PixelSize {
  int width = 0;
  int height = 0;
};

/// A part of an image, in its pixels.
struct Rect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  friend bool operator==(const Rect&, const Rect&) = default;
};

/// A part of an image whose edges need not lie between pixels: [left, right) x [top, bottom).
struct Box {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

/// H x W x C as in Image, rows `stride` bytes apart. Whoever owns the pixels must outlive it.
struct ImageView {
  const std::uint8_t* pixels = nullptr;
  int width = 0;
  int height = 0;
  int channels = 0;
  std::size_t stride = 0;

  ImageView() = default;
  ImageView(const std::uint8_t* first, int w, int h, int c, std::size_t bytesApart)
      : pixels(first), width(w), height(h), channels(c), stride(bytesApart) {}
  ImageView(const Image& image)
      : ImageView(image.pixels.data(), image.width, image.height, image.channels, image.rowBytes()) {}

  [[nodiscard]] bool empty() const { return pixels == nullptr || width <= 0 || height <= 0; }
  [[nodiscard]] std::size_t rowBytes() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  }
  [[nodiscard]] const std::uint8_t* row(int y) const { return pixels + static_cast<std::size_t>(y) * stride; }
  /// `part` must lie inside.
  [[nodiscard]] ImageView part(const Rect& part) const {
    return {row(part.y) + static_cast<std::size_t>(part.x) * static_cast<std::size_t>(channels), part.width,
            part.height, channels, stride};
  }
};

/// A black image.
inline Image blankImage(int width, int height, int channels) {
  Image image{width, height, channels, {}};
  image.pixels.resize(image.rowBytes() * static_cast<std::size_t>(height));
  return image;
}

}  // namespace slab
