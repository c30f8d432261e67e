#include "core/data/transforms.h"

#include <algorithm>
#include <cstddef>

#include "core/formats/resize.h"

namespace slab::data {
namespace {

constexpr int kMaxShift = 2;

int drawShift(Random& random) {
  return static_cast<int>(random.below(2 * kMaxShift + 1)) - kMaxShift;
}

}  // namespace

Placement drawPlacement(Augment augment, Random& random) {
  Placement placement;
  switch (augment) {
    case Augment::None:
    case Augment::Timm:
    case Augment::MultiScale: return placement;
    case Augment::Light:
      placement.right = drawShift(random);
      placement.down = drawShift(random);
      [[fallthrough]];
    case Augment::Flip: placement.flip = random.uniform() < 0.5;
  }
  return placement;
}

template <typename Value>
void copyPlaced(const Value* from, Value* to, int channels, Plane plane, const Placement& placement) {
  const auto width = static_cast<std::size_t>(plane.width), height = static_cast<std::size_t>(plane.height);
  if (!placement.flip && placement.right == 0 && placement.down == 0) {
    std::copy_n(from, static_cast<std::size_t>(channels) * width * height, to);
    return;
  }
  // Target columns [first, end) come from the source; the others are new and 0.
  const int first = std::clamp(placement.right, 0, plane.width);
  const int end = std::clamp(plane.width + placement.right, 0, plane.width);
  for (int c = 0; c < channels; ++c, from += width * height) {
    for (int y = 0; y < plane.height; ++y, to += width) {
      const int sourceY = y - placement.down;
      if (sourceY < 0 || sourceY >= plane.height) {
        std::fill_n(to, width, Value{});
        continue;
      }
      const Value* row = from + static_cast<std::size_t>(sourceY) * width;
      std::fill_n(to, first, Value{});
      std::fill(to + end, to + width, Value{});
      if (placement.flip) {
        // The mirrored row, moved: target x shows source width - 1 - (x - right).
        std::reverse_copy(row + (plane.width - end + placement.right), row + (plane.width - first + placement.right),
                          to + first);
      } else {
        std::copy(row + first - placement.right, row + end - placement.right, to + first);
      }
    }
  }
}

template void copyPlaced(const std::uint8_t*, std::uint8_t*, int, Plane, const Placement&);
template void copyPlaced(const float*, float*, int, Plane, const Placement&);

Image resizeForTraining(const SampleSource& source, ColorMode color, int size, Augment augment, Random& random) {
  const PixelSize whole = sizeOf(source);
  const PixelSize fitted = fitShorterSide(whole.width, whole.height, size);
  const Image resized = resizedRegion(source, color, {0, 0, whole.width, whole.height}, fitted.width, fitted.height);
  const int freeX = fitted.width - size, freeY = fitted.height - size;
  if (augment == Augment::None) return crop(resized, {freeX / 2, freeY / 2, size, size});
  const auto draw = [&](int free) { return static_cast<int>(random.below(static_cast<std::uint64_t>(free) + 1)); };
  const int x = draw(freeX), y = draw(freeY);
  return crop(resized, {x, y, size, size});
}

void toPlanes(const Image& image, std::uint8_t* planes) {
  const auto channels = static_cast<std::size_t>(image.channels);
  const std::size_t pixels = image.pixels.size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t i = 0; i < pixels; ++i) *planes++ = image.pixels[i * channels + c];
  }
}

}  // namespace slab::data
