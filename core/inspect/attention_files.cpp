#include "core/inspect/attention_files.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/magma.h"

namespace slab::inspect {
namespace {

using Colour = std::array<double, 3>;

constexpr double kOpacity = 0.65;
constexpr double kDimming = 0.6;

Colour magma(double t) {
  const double position = std::clamp(t, 0.0, 1.0) * static_cast<double>(kMagma.size() - 1);
  const auto low = std::min<std::size_t>(static_cast<std::size_t>(position), kMagma.size() - 2);
  const double part = position - static_cast<double>(low);
  Colour colour{};
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const auto byte = [&](std::uint32_t rgb) { return static_cast<double>(rgb >> (16 - 8 * channel) & 0xFF); };
    colour[channel] = byte(kMagma[low]) + (byte(kMagma[low + 1]) - byte(kMagma[low])) * part;
  }
  return colour;
}

std::uint8_t toByte(double value) {
  return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

Colour pixelOf(const Image& image, int x, int y) {
  const std::uint8_t* pixel = image.row(y) + static_cast<std::ptrdiff_t>(x) * image.channels;
  if (image.channels < 3) return {double(pixel[0]), double(pixel[0]), double(pixel[0])};
  return {double(pixel[0]), double(pixel[1]), double(pixel[2])};
}

// A frame of `thickness` pixels just inside the rectangle.
void frame(Image& image, int x0, int y0, int x1, int y1, int thickness, std::uint8_t grey) {
  for (int y = std::max(y0, 0); y < std::min(y1, image.height); ++y) {
    for (int x = std::max(x0, 0); x < std::min(x1, image.width); ++x) {
      const bool inside = x >= x0 + thickness && x < x1 - thickness && y >= y0 + thickness && y < y1 - thickness;
      if (!inside) std::fill_n(image.row(y) + static_cast<std::ptrdiff_t>(x) * 3, 3, grey);
    }
  }
}

}  // namespace

Image overlay(const Image& image, std::span<const float> map, int gridHeight, int gridWidth, float maximum,
              std::int64_t query, int side) {
  const int zoom = std::max(1, (side + std::max(image.width, image.height) - 1) / std::max(image.width, image.height));
  Image result{image.width * zoom, image.height * zoom, 3, {}};
  result.pixels.resize(result.rowBytes() * static_cast<std::size_t>(result.height));
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x) {
      const int cell = y * gridHeight / result.height * gridWidth + x * gridWidth / result.width;
      const double weight = maximum > 0 ? map[static_cast<std::size_t>(cell)] / maximum : 0.0;
      const Colour under = pixelOf(image, x / zoom, y / zoom), over = magma(weight);
      for (std::size_t channel = 0; channel < 3; ++channel) {
        result.row(y)[static_cast<std::size_t>(x) * 3 + channel] =
            toByte((1 - kOpacity) * kDimming * under[channel] + kOpacity * over[channel]);
      }
    }
  }
  if (query < 0) return result;
  const int row = static_cast<int>(query) / gridWidth, column = static_cast<int>(query) % gridWidth;
  const int x0 = column * result.width / gridWidth, x1 = (column + 1) * result.width / gridWidth;
  const int y0 = row * result.height / gridHeight, y1 = (row + 1) * result.height / gridHeight;
  constexpr int kLine = 2;
  frame(result, x0 - kLine, y0 - kLine, x1 + kLine, y1 + kLine, kLine, 0);
  frame(result, x0, y0, x1, y1, kLine, 255);
  return result;
}

}  // namespace slab::inspect
