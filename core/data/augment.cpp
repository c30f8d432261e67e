#include "core/data/augment.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/base/distributions.h"

namespace slab::data {
namespace {

constexpr int kPadding = 4;
constexpr int kTries = 10;
constexpr double kLeastArea = 0.08, kMostArea = 1.0;
constexpr double kLeastAspect = 3.0 / 4.0, kMostAspect = 4.0 / 3.0;

constexpr int kLayers = 2;
constexpr double kMagnitude = 9.0, kMagnitudeDeviation = 0.5, kMaxMagnitude = 10.0;

double uniformIn(Random& random, double low, double high) {
  return low + (high - low) * random.uniform();
}

/// Uniform in [0, last].
int upTo(Random& random, int last) {
  return static_cast<int>(random.below(static_cast<std::uint64_t>(last) + 1));
}

/// To the nearest integer, a half to the even neighbour, as Python's round.
int rounded(double value) {
  return static_cast<int>(std::nearbyint(value));
}

Rect centralBox(int width, int height) {
  const double aspect = static_cast<double>(width) / height;
  int w = width, h = height;
  if (aspect < kLeastAspect) h = rounded(w / kLeastAspect);
  if (aspect > kMostAspect) w = rounded(h * kMostAspect);
  return {(width - w) / 2, (height - h) / 2, w, h};
}

Image padded(const Image& image) {
  Image out{image.width + 2 * kPadding, image.height + 2 * kPadding, image.channels, {}};
  out.pixels.resize(out.rowBytes() * static_cast<std::size_t>(out.height));
  const std::size_t left = static_cast<std::size_t>(kPadding) * static_cast<std::size_t>(image.channels);
  for (int y = 0; y < image.height; ++y) std::copy_n(image.row(y), image.rowBytes(), out.row(y + kPadding) + left);
  return out;
}

double withSign(double value, Random& random) {
  return random.uniform() > 0.5 ? -value : value;
}

}  // namespace

Rect drawResizedCrop(int width, int height, Random& random) {
  const double area = static_cast<double>(width) * height;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const double target = uniformIn(random, kLeastArea, kMostArea) * area;
    const double aspect = std::exp(uniformIn(random, std::log(kLeastAspect), std::log(kMostAspect)));
    // At least one pixel: timm would fail on an image so narrow that a side rounds to none.
    const int w = std::max(rounded(std::sqrt(target * aspect)), 1),
              h = std::max(rounded(std::sqrt(target / aspect)), 1);
    if (w > width || h > height) continue;
    const int y = upTo(random, height - h), x = upTo(random, width - w);
    return {x, y, w, h};
  }
  return centralBox(width, height);
}

double argumentOf(Operation operation, double magnitude, Random& random) {
  const double level = magnitude / kMaxMagnitude;
  switch (operation) {
    case Operation::AutoContrast:
    case Operation::Equalize:
    case Operation::Invert: return 0.0;
    case Operation::Rotate: return withSign(level * 30.0, random);
    case Operation::Posterize: return 4 - static_cast<int>(level * 4);
    case Operation::Solarize: return 256 - static_cast<int>(level * 256);
    case Operation::SolarizeAdd: return static_cast<int>(level * 110);
    case Operation::Color:
    case Operation::Contrast:
    case Operation::Brightness:
    case Operation::Sharpness: return 1.0 + withSign(level * 0.9, random);
    case Operation::ShearX:
    case Operation::ShearY: return withSign(level * 0.3, random);
    case Operation::TranslateX:
    case Operation::TranslateY: return withSign(level * 0.45, random);
  }
  return 0.0;
}

std::vector<DrawnOperation> drawOperations(Random& random) {
  std::array<Operation, kLayers> chosen{};
  for (auto& operation : chosen) operation = static_cast<Operation>(random.below(kOperations));
  std::vector<DrawnOperation> drawn;
  for (const auto operation : chosen) {
    if (random.uniform() > 0.5) continue;
    const double magnitude = kMagnitude + kMagnitudeDeviation * drawNormal(random);
    drawn.push_back({operation, argumentOf(operation, std::clamp(magnitude, 0.0, kMaxMagnitude), random)});
  }
  return drawn;
}

RecipeDraw drawRecipe(int width, int height, int size, Framing framing, Random& random) {
  RecipeDraw draw;
  if (framing == Framing::ResizedCrop) {
    draw.box = drawResizedCrop(width, height, random);
  } else {
    const int y = upTo(random, height + 2 * kPadding - size), x = upTo(random, width + 2 * kPadding - size);
    draw.box = {x, y, size, size};
  }
  draw.mirror = random.uniform() < 0.5;
  draw.operations = drawOperations(random);
  return draw;
}

Image applyOperations(Image image, const std::vector<DrawnOperation>& operations, const FillColor& fill) {
  for (const auto& [operation, argument] : operations) image = applyOperation(image, operation, argument, fill);
  return image;
}

Image applyRecipe(const Image& image, int size, Framing framing, const RecipeDraw& draw, const FillColor& fill) {
  Image out = crop(framing == Framing::PaddedCrop ? padded(image) : image, draw.box);
  out = resize(out, size, size, ResizeFilter::Bicubic);
  if (draw.mirror) out = mirrored(out);
  return applyOperations(std::move(out), draw.operations, fill);
}

}  // namespace slab::data
