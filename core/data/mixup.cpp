#include "core/data/mixup.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/base/distributions.h"

namespace slab::data {
namespace {

constexpr double kSwitchProbability = 0.5;
constexpr double kMixupAlpha = 0.8, kCutMixAlpha = 1.0;

int drawBelow(Random& random, int bound) {
  return static_cast<int>(random.below(static_cast<std::uint64_t>(bound)));
}

void blendPair(float* a, float* b, std::size_t values, double lambda) {
  const auto own = static_cast<float>(lambda), other = static_cast<float>(1.0 - lambda);
  for (std::size_t i = 0; i < values; ++i) {
    const float x = a[i], y = b[i];
    a[i] = x * own + y * other;
    b[i] = y * own + x * other;
  }
}

void swapBox(float* a, float* b, int channels, int width, int height, const Rect& box) {
  for (int c = 0; c < channels; ++c) {
    for (int y = box.y; y < box.y + box.height; ++y) {
      const std::ptrdiff_t first = (static_cast<std::ptrdiff_t>(c) * height + y) * width + box.x;
      std::swap_ranges(a + first, a + first + box.width, b + first);
    }
  }
}

}  // namespace

MixDraw cutMixBox(int width, int height, double lambda, int centreX, int centreY) {
  const double side = std::sqrt(1.0 - lambda);
  const int halfWidth = static_cast<int>(width * side) / 2, halfHeight = static_cast<int>(height * side) / 2;
  const int left = std::clamp(centreX - halfWidth, 0, width), right = std::clamp(centreX + halfWidth, 0, width);
  const int top = std::clamp(centreY - halfHeight, 0, height), bottom = std::clamp(centreY + halfHeight, 0, height);
  const Rect box{left, top, right - left, bottom - top};
  const double covered = static_cast<double>(box.width) * box.height;
  return {1.0 - covered / (static_cast<double>(width) * height), box};
}

MixDraw drawMix(int width, int height, Random& random) {
  if (random.uniform() >= kSwitchProbability) return {drawBeta(random, kMixupAlpha, kMixupAlpha), std::nullopt};
  const double lambda = drawBeta(random, kCutMixAlpha, kCutMixAlpha);
  const int centreY = drawBelow(random, height), centreX = drawBelow(random, width);
  return cutMixBox(width, height, lambda, centreX, centreY);
}

void mixBatch(float* samples, std::int64_t count, int channels, int width, int height, const MixDraw& draw) {
  const std::size_t values =
      static_cast<std::size_t>(channels) * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  for (std::int64_t i = 0; i < count / 2; ++i) {
    float* a = samples + static_cast<std::size_t>(i) * values;
    float* b = samples + static_cast<std::size_t>(count - 1 - i) * values;
    if (draw.box) {
      swapBox(a, b, channels, width, height, *draw.box);
    } else {
      blendPair(a, b, values, draw.lambda);
    }
  }
}

}  // namespace slab::data
