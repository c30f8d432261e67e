#include "core/coco/item_painter.h"

#include <algorithm>

namespace slab::coco {
namespace {

constexpr std::int64_t kOne = 1 << 16;  // coordinates are fractions of it
constexpr std::int64_t kTurnUnit = 64;
/// Fainter pixels are the scanner's, not the item's.
constexpr int kFaint = 8;

/// Samples an item between its pixels.
class Sampler {
 public:
  explicit Sampler(const ItemPicture& item) : item_(item) {}

  /// How much the item covers there, and its grey value, both in [0, 255].
  struct Sample {
    int cover = 0, grey = 0;
  };

  /// `u`, `v`: from the left upper corner of the picture, in 2^-16 of its pixels.
  [[nodiscard]] Sample at(std::int64_t u, std::int64_t v) const {
    u -= kOne / 2;
    v -= kOne / 2;
    const std::int64_t column = u >> 16, row = v >> 16;
    const std::int64_t right = u - column * kOne, down = v - row * kOne;
    std::int64_t cover = 0, grey = 0;
    for (int corner = 0; corner < 4; ++corner) {
      const bool isRight = corner % 2 == 1, isLower = corner / 2 == 1;
      const std::int64_t weight = (isRight ? right : kOne - right) * (isLower ? down : kOne - down);
      const int value = pixel(column + (isRight ? 1 : 0), row + (isLower ? 1 : 0));
      grey += weight * value;
      cover += weight * (value >= kFaint ? 255 : 0);
    }
    return {static_cast<int>(cover / (kOne * kOne)), static_cast<int>(grey / (kOne * kOne))};
  }

 private:
  [[nodiscard]] int pixel(std::int64_t x, std::int64_t y) const {
    if (x < 0 || y < 0 || x >= item_.width || y >= item_.height) return 0;
    return item_.pixels[y * item_.width + x];
  }

  const ItemPicture& item_;
};

std::array<std::uint8_t, 3> coloured(int grey, const std::array<int, 3>& tint) {
  constexpr int kDarkest = 48;  // so that no item is black as a hole
  const int bright = kDarkest + grey * (255 - kDarkest) / 255;
  std::array<std::uint8_t, 3> colour{};
  for (std::size_t c = 0; c < 3; ++c) colour[c] = static_cast<std::uint8_t>(bright * tint[c] / 255);
  return colour;
}

}  // namespace

std::vector<PaintedPixel> paintItem(const ItemPicture& item, const ItemPose& pose, int size) {
  const std::int64_t turn = pose.turn, norm = kTurnUnit * kTurnUnit + turn * turn;
  const std::int64_t cosine = (kTurnUnit * kTurnUnit - turn * turn) * kOne / norm;
  const std::int64_t sine = 2 * kTurnUnit * turn * kOne / norm;
  const Sampler sampler(item);
  const int reach = pose.side * 3 / 4 + 1;  // more than half the diagonal
  std::vector<PaintedPixel> pixels;
  for (int y = std::max(0, pose.y - reach); y < std::min(size, pose.y + reach + 1); ++y) {
    for (int x = std::max(0, pose.x - reach); x < std::min(size, pose.x + reach + 1); ++x) {
      // From the middle of the item to the middle of the pixel, in halves of a pixel.
      const std::int64_t dx = 2 * (x - pose.x) + 1, dy = 2 * (y - pose.y) + 1;
      std::int64_t across = cosine * dx + sine * dy;
      const std::int64_t down = cosine * dy - sine * dx;
      if (pose.isMirrored) across = -across;
      const auto sample = sampler.at(across * item.width / (2 * pose.side) + item.width * kOne / 2,
                                     down * item.height / (2 * pose.side) + item.height * kOne / 2);
      if (sample.cover < 128) continue;
      pixels.push_back({static_cast<std::size_t>(y) * static_cast<std::size_t>(size) + static_cast<std::size_t>(x),
                        coloured(sample.grey, pose.tint)});
    }
  }
  return pixels;
}

}  // namespace slab::coco
