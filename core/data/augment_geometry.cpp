#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "core/data/augment_operations.h"

namespace slab::data {
namespace {

/// Keys' cubic with a = -1, in the form (and so with the rounding) of Pillow's transform.
double cubic(double a, double b, double c, double d, double t) {
  const double p2 = -a + c;
  const double p3 = 2.0 * (a - b) + c - d;
  const double p4 = -a + b - c + d;
  return b + t * (p2 + t * (p3 + t * p4));
}

std::uint8_t toByte(double value) {
  if (value <= 0.0) return 0;
  return value >= 255.0 ? 255 : static_cast<std::uint8_t>(value);
}

/// Samples one source position for all channels; rows and columns beyond the edge repeat it.
template <int channels>
void sample(const Image& image, double x, double y, std::uint8_t* out) {
  const int left = static_cast<int>(std::floor(x)), top = static_cast<int>(std::floor(y));
  const double dx = x - left, dy = y - top;
  std::array<std::ptrdiff_t, 4> columns{};
  std::array<const std::uint8_t*, 4> rows{};
  for (int k = 0; k < 4; ++k) {
    columns[static_cast<std::size_t>(k)] =
        static_cast<std::ptrdiff_t>(std::clamp(left - 1 + k, 0, image.width - 1)) * channels;
    rows[static_cast<std::size_t>(k)] = image.row(std::clamp(top - 1 + k, 0, image.height - 1));
  }
  for (int c = 0; c < channels; ++c) {
    const auto across = [&](const std::uint8_t* row) {
      return cubic(row[columns[0] + c], row[columns[1] + c], row[columns[2] + c], row[columns[3] + c], dx);
    };
    // On a row of the source the cubic is that row, bit for bit: shears and shifts along x need no other.
    out[c] = toByte(dy == 0.0 ? across(rows[1])
                              : cubic(across(rows[0]), across(rows[1]), across(rows[2]), across(rows[3]), dy));
  }
}

template <int channels>
void transformInto(const Image& image, const Affine& m, const FillColor& fill, Image& out) {
  for (int y = 0; y < out.height; ++y) {
    std::uint8_t* pixel = out.row(y);
    const double v = y + 0.5;
    for (int x = 0; x < out.width; ++x, pixel += channels) {
      const double u = x + 0.5;
      const double sourceX = m[0] * u + m[1] * v + m[2], sourceY = m[3] * u + m[4] * v + m[5];
      if (sourceX < 0.0 || sourceX >= image.width || sourceY < 0.0 || sourceY >= image.height) {
        std::copy_n(fill.begin(), channels, pixel);
      } else {
        sample<channels>(image, sourceX - 0.5, sourceY - 0.5, pixel);
      }
    }
  }
}

Image turnedHalf(const Image& image) {
  Image out = image;
  const auto channels = static_cast<std::size_t>(image.channels);
  const std::size_t pixels = image.pixels.size() / channels;
  for (std::size_t i = 0; i < pixels; ++i) {
    std::copy_n(image.pixels.data() + (pixels - 1 - i) * channels, channels, out.pixels.data() + i * channels);
  }
  return out;
}

/// Python's round(value, 15): what makes the cosine of a right angle 0.
double roundTo15Digits(double value) {
  return std::nearbyint(value * 1e15) / 1e15;
}

}  // namespace

Image transformAffine(const Image& image, const Affine& matrix, const FillColor& fill) {
  Image out{image.width, image.height, image.channels, {}};
  out.pixels.resize(image.pixels.size());
  if (image.channels == 1) {
    transformInto<1>(image, matrix, fill, out);
  } else {
    transformInto<3>(image, matrix, fill, out);
  }
  return out;
}

Image rotate(const Image& image, double degrees, const FillColor& fill) {
  double turned = std::fmod(degrees, 360.0);
  if (turned < 0) turned += 360.0;
  if (turned == 0.0) return image;
  if (turned == 180.0) return turnedHalf(image);
  const double angle = -(turned * (std::numbers::pi / 180.0));
  const double cosine = roundTo15Digits(std::cos(angle)), sine = roundTo15Digits(std::sin(angle));
  const double centreX = image.width / 2.0, centreY = image.height / 2.0;
  const double moveX = cosine * -centreX + sine * -centreY + 0.0 + centreX;
  const double moveY = -sine * -centreX + cosine * -centreY + 0.0 + centreY;
  return transformAffine(image, {cosine, sine, moveX, -sine, cosine, moveY}, fill);
}

Image mirrored(const Image& image) {
  Image out = image;
  const auto channels = static_cast<std::size_t>(image.channels);
  const auto width = static_cast<std::size_t>(image.width);
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* from = image.row(y);
    std::uint8_t* to = out.row(y);
    for (std::size_t x = 0; x < width; ++x) std::copy_n(from + (width - 1 - x) * channels, channels, to + x * channels);
  }
  return out;
}

}  // namespace slab::data
