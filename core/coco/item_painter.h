// One item of Fashion-MNIST, scaled, turned and coloured, in whole numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace slab::coco {

/// Grey pixels, row by row; 0 is what lies around the item.
struct ItemPicture {
  const std::uint8_t* pixels = nullptr;
  int width = 0, height = 0;
};

/// The turn by k is one of 2 atan(k / 64): its sine and cosine are fractions, so that no library's rounding counts.
inline constexpr int kMostTurn = 12;

/// How an item lies in a scene.
struct ItemPose {
  int x = 0, y = 0;  // its middle, in pixels of the scene
  int side = 0;      // of the picture, in pixels of the scene
  int turn = 0;      // in [-kMostTurn, kMostTurn]
  bool isMirrored = false;
  std::array<int, 3> tint{255, 255, 255};  // of its brightest pixels
};

struct PaintedPixel {
  std::size_t place = 0;  // y x size + x
  std::array<std::uint8_t, 3> colour{};
};

/// The pixels of a scene of size x size that the item covers by at least a half, which are painted over wholly: the
/// mask is what is painted, to the pixel.
std::vector<PaintedPixel> paintItem(const ItemPicture& item, const ItemPose& pose, int size);

}  // namespace slab::coco
