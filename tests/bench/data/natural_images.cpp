#include "tests/bench/data/natural_images.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/base/image_view.h"
#include "core/base/rng.h"

namespace slab::bench {
namespace {

/// Smooth noise in [-1, 1]: random values on a grid of `cell` pixels, interpolated.
double latticeNoise(std::uint64_t key, double x, double y, double cell) {
  const double gx = x / cell, gy = y / cell;
  const auto column = static_cast<std::uint64_t>(gx), row = static_cast<std::uint64_t>(gy);
  const double fx = gx - std::floor(gx), fy = gy - std::floor(gy);
  const auto at = [&](std::uint64_t c, std::uint64_t r) { return 2 * uniform01(hashKeys(key, c, r)) - 1; };
  const double top = std::lerp(at(column, row), at(column + 1, row), fx);
  return std::lerp(top, std::lerp(at(column, row + 1), at(column + 1, row + 1), fx), fy);
}

/// Octaves down to single pixels, each half as strong as the one before.
double texture(std::uint64_t key, double x, double y) {
  double sum = 0, amplitude = 1;
  for (double cell = 32; cell >= 1; cell /= 2, amplitude /= 2) sum += amplitude * latticeNoise(key, x, y, cell);
  return sum;
}

struct Leaf {
  double x = 0, y = 0, radius = 0, roughness = 0;
  std::array<double, 3> color{};
};

std::vector<Leaf> drawLeaves(int width, int height, Random& random) {
  constexpr int kLeaves = 400;
  constexpr double kSmallest = 4, kLargest = 160;
  std::vector<Leaf> leaves(kLeaves);
  for (Leaf& leaf : leaves) {
    leaf.x = random.uniform() * width;
    leaf.y = random.uniform() * height;
    // Inverse of the distribution function of density r^-3 between the two.
    const double least = 1 / (kLargest * kLargest), most = 1 / (kSmallest * kSmallest);
    leaf.radius = 1 / std::sqrt(least + (most - least) * random.uniform());
    leaf.roughness = 20 * random.uniform();
    for (double& channel : leaf.color) channel = 30 + 195 * random.uniform();
  }
  // Large ones below, so that they do not hide everything else.
  std::sort(leaves.begin(), leaves.end(), [](const Leaf& a, const Leaf& b) { return a.radius > b.radius; });
  leaves.front().radius = width + height;
  return leaves;
}

}  // namespace

Image naturalImage(int width, int height, int number) {
  const auto key = static_cast<std::uint64_t>(number);
  Random random(hashKeys(key, 1));
  const std::vector<Leaf> leaves = drawLeaves(width, height, random);
  Image image = blankImage(width, height, 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const auto covers = [&](const Leaf& leaf) {
        const double dx = x - leaf.x, dy = y - leaf.y;
        return dx * dx + dy * dy < leaf.radius * leaf.radius;
      };
      const Leaf& leaf = *std::find_if(leaves.rbegin(), leaves.rend(), covers);
      const double shade = leaf.roughness * texture(hashKeys(key, 2), x, y) + 0.05 * (y - leaf.y);
      for (std::size_t c = 0; c < 3; ++c) {
        const double grain =
            2 * (uniform01(hashKeys(key, 3 + c, static_cast<std::uint64_t>(x), static_cast<std::uint64_t>(y))) - 0.5);
        image.row(y)[3 * static_cast<std::size_t>(x) + c] =
            static_cast<std::uint8_t>(std::clamp(leaf.color[c] + shade + grain, 0.0, 255.0));
      }
    }
  }
  return image;
}

}  // namespace slab::bench
