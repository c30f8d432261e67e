#include "core/data/erase.h"

#include <cmath>
#include <cstddef>

#include "core/base/distributions.h"

namespace slab::data {
namespace {

constexpr double kProbability = 0.25;
constexpr double kLeastArea = 0.02, kMostArea = 1.0 / 3.0;
constexpr double kLeastAspect = 0.3;
constexpr int kTries = 10;

double uniformIn(Random& random, double low, double high) {
  return low + (high - low) * random.uniform();
}

}  // namespace

std::optional<Rect> drawEraseBox(int width, int height, Random& random) {
  if (random.uniform() > kProbability) return std::nullopt;
  const double area = static_cast<double>(width) * height;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const double target = uniformIn(random, kLeastArea, kMostArea) * area;
    const double aspect = std::exp(uniformIn(random, std::log(kLeastAspect), std::log(1.0 / kLeastAspect)));
    const int h = static_cast<int>(std::nearbyint(std::sqrt(target * aspect)));
    const int w = static_cast<int>(std::nearbyint(std::sqrt(target / aspect)));
    if (w >= width || h >= height) continue;
    const auto y = static_cast<int>(random.below(static_cast<std::uint64_t>(height - h) + 1));
    const auto x = static_cast<int>(random.below(static_cast<std::uint64_t>(width - w) + 1));
    return Rect{x, y, w, h};
  }
  return std::nullopt;
}

void eraseBox(float* planes, int channels, int width, int height, const Rect& box, Random& random) {
  for (int c = 0; c < channels; ++c) {
    for (int y = box.y; y < box.y + box.height; ++y) {
      float* row = planes + (static_cast<std::ptrdiff_t>(c) * height + y) * width;
      for (int x = box.x; x < box.x + box.width; x += 2) {
        const auto [first, second] = drawNormalPair(random);
        row[x] = static_cast<float>(first);
        if (x + 1 < box.x + box.width) row[x + 1] = static_cast<float>(second);
      }
    }
  }
}

}  // namespace slab::data
