#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include "core/data/augment_operations.h"

namespace slab::data {
namespace {

/// The channels of a pixel, side by side in one register.
using Pixel [[gnu::vector_size(16)]] = float;

/// The source as floats in a frame of kFrame pixels that repeat its edge: no tap of a sample inside the
/// image needs a bound.
class FramedImage {
 public:
  explicit FramedImage(const Image& image)
      : stride_(static_cast<std::size_t>(image.width) + 2 * kFrame),
        pixels_(stride_ * (static_cast<std::size_t>(image.height) + 2 * kFrame)) {
    Pixel* out = pixels_.data();
    for (int y = -kFrame; y < image.height + kFrame; ++y) {
      const std::uint8_t* row = image.row(std::clamp(y, 0, image.height - 1));
      for (int x = -kFrame; x < image.width + kFrame; ++x) {
        const std::uint8_t* from = row + std::clamp(x, 0, image.width - 1) * image.channels;
        Pixel pixel{};
        for (int c = 0; c < image.channels; ++c) pixel[c] = from[c];
        *out++ = pixel;
      }
    }
  }

  /// -kFrame <= x, y < width + kFrame, height + kFrame; rows are `stride` apart.
  [[nodiscard]] const Pixel* at(int x, int y) const {
    return pixels_.data() + static_cast<std::size_t>(y + kFrame) * stride_ + static_cast<std::size_t>(x + kFrame);
  }
  [[nodiscard]] std::size_t stride() const { return stride_; }

 private:
  static constexpr int kFrame = 2;
  std::size_t stride_;
  std::vector<Pixel> pixels_;
};

/// Keys' cubic with a = -1, in the form of Pillow's transform. Its coefficients are whole numbers, exact in float.
Pixel cubic(Pixel a, Pixel b, Pixel c, Pixel d, float t) {
  const Pixel p2 = c - a;
  const Pixel p3 = 2.0F * (a - b) + c - d;
  const Pixel p4 = b - a + d - c;
  return b + t * (p2 + t * (p3 + t * p4));
}

Pixel across(const Pixel* taps, float dx) {
  return cubic(taps[0], taps[1], taps[2], taps[3], dx);
}

/// The value at (x, y) in pixels, where 0 is the middle of the first; at most half a pixel outside.
Pixel sample(const FramedImage& image, double x, double y) {
  const int left = static_cast<int>(x + 1.0) - 1, top = static_cast<int>(y + 1.0) - 1;
  const auto dx = static_cast<float>(x - left), dy = static_cast<float>(y - top);
  const std::size_t stride = image.stride();
  const Pixel* first = image.at(left - 1, top - 1);
  // Upon a row of the source the cubic is that row: shears and moves along x need no other.
  if (dy == 0.0F) return across(first + stride, dx);
  return cubic(across(first, dx), across(first + stride, dx), across(first + 2 * stride, dx),
               across(first + 3 * stride, dx), dy);
}

std::uint8_t toByte(float value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F));
}

template <int channels>
void transformInto(const Image& image, const Affine& m, const FillColor& fill, Image& out) {
  const FramedImage source(image);
  for (int y = 0; y < out.height; ++y) {
    std::uint8_t* target = out.row(y);
    const double v = y + 0.5;
    for (int x = 0; x < out.width; ++x, target += channels) {
      const double u = x + 0.5;
      const double sourceX = m[0] * u + m[1] * v + m[2], sourceY = m[3] * u + m[4] * v + m[5];
      if (sourceX < 0.0 || sourceX >= image.width || sourceY < 0.0 || sourceY >= image.height) {
        std::copy_n(fill.begin(), channels, target);
        continue;
      }
      const Pixel pixel = sample(source, sourceX - 0.5, sourceY - 0.5);
      for (int c = 0; c < channels; ++c) target[c] = toByte(pixel[c]);
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
