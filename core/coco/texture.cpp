#include "core/coco/texture.h"

#include <algorithm>
#include <array>

#include "core/base/image_view.h"

namespace slab::coco {
namespace {

constexpr int kOne = 256;  // weights are fractions of it

int mixed(int a, int b, int weight) {
  return (a * (kOne - weight) + b * weight) / kOne;
}

/// Values in [0, 255] between random ones at the corners of a grid.
class Noise {
 public:
  Noise(std::uint64_t key, int cell) : key_(key), cell_(std::max(cell, 2)) {}

  [[nodiscard]] int at(int x, int y) const {
    const int column = x / cell_, row = y / cell_;
    const int across = smooth(x % cell_ * kOne / cell_), down = smooth(y % cell_ * kOne / cell_);
    const int top = mixed(corner(column, row), corner(column + 1, row), across);
    const int bottom = mixed(corner(column, row + 1), corner(column + 1, row + 1), across);
    return mixed(top, bottom, down);
  }

 private:
  [[nodiscard]] int corner(int column, int row) const {
    return static_cast<int>(hashKeys(key_, static_cast<std::uint64_t>(column), static_cast<std::uint64_t>(row)) & 0xFF);
  }
  /// 3 t^2 - 2 t^3
  static int smooth(int t) { return t * t * (3 * kOne - 2 * t) / (kOne * kOne); }

  std::uint64_t key_;
  int cell_;
};

using Colour = std::array<int, 3>;

Colour drawColour(Random& random) {
  Colour colour{};
  for (int& channel : colour) channel = 30 + static_cast<int>(random.below(180));
  return colour;
}

/// Where the weave over the noise is raised.
class Weave {
 public:
  Weave(int size, Random& random)
      : kind_(static_cast<int>(random.below(4))),
        period_(std::max(4, size / (6 + static_cast<int>(random.below(12))))),
        slant_(static_cast<int>(random.below(5)) - 2),
        strength_(20 + static_cast<int>(random.below(60))) {}

  /// Added to the weight of the second colour.
  [[nodiscard]] int at(int x, int y) const {
    const int stripe = (2 * x + slant_ * y + 4 * period_ * kOne) / period_ % 2;
    if (kind_ == 1) return stripe * strength_;
    if (kind_ == 2) return (stripe + y / period_ % 2) % 2 * strength_;
    return 0;
  }

 private:
  int kind_, period_, slant_, strength_;
};

}  // namespace

Image drawTexture(int size, Random& random) {
  const std::array<Noise, 3> octaves{Noise(random.next(), size / 2), Noise(random.next(), size / 6),
                                     Noise(random.next(), size / 24)};
  const Colour first = drawColour(random), second = drawColour(random);
  const Weave weave(size, random);
  Image image = blankImage(size, size, 3);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const int noise = (4 * octaves[0].at(x, y) + 2 * octaves[1].at(x, y) + octaves[2].at(x, y)) / 7;
      const int weight = std::min(kOne, noise + weave.at(x, y));
      for (std::size_t c = 0; c < 3; ++c) {
        image.row(y)[3 * static_cast<std::size_t>(x) + c] =
            static_cast<std::uint8_t>(mixed(first[c], second[c], weight));
      }
    }
  }
  return image;
}

}  // namespace slab::coco
