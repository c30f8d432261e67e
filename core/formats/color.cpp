#include "core/formats/color.h"

#include <cstddef>

namespace slab {
namespace {

Image blankLike(const Image& image, int channels) {
  Image out{image.width, image.height, channels, {}};
  out.pixels.resize(out.rowBytes() * static_cast<std::size_t>(out.height));
  return out;
}

/// a b / 255, rounded, without a division.
int scaled(int a, int b) {
  const int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

}  // namespace

Image cmykToRgb(const Image& image) {
  Image out = blankLike(image, 3);
  const std::size_t pixels = image.pixels.size() / 4;
  for (std::size_t i = 0; i < pixels; ++i) {
    const std::uint8_t* in = &image.pixels[4 * i];
    const int light = in[3];
    for (std::size_t c = 0; c < 3; ++c) {
      out.pixels[3 * i + c] = static_cast<std::uint8_t>(light - scaled(255 - in[c], light));
    }
  }
  return out;
}

Image convertColor(Image image, ColorMode mode) {
  const int wanted = mode == ColorMode::Stored ? image.channels : mode == ColorMode::Grey ? 1 : 3;
  if (wanted == image.channels) return image;
  Image out = blankLike(image, wanted);
  const std::size_t pixels = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
  for (std::size_t i = 0; i < pixels; ++i) {
    if (wanted == 1) {
      const std::uint8_t* in = &image.pixels[3 * i];
      out.pixels[i] = static_cast<std::uint8_t>((19595 * in[0] + 38470 * in[1] + 7471 * in[2] + 32768) >> 16);
    } else {
      for (std::size_t c = 0; c < 3; ++c) out.pixels[3 * i + c] = image.pixels[i];
    }
  }
  return out;
}

}  // namespace slab
