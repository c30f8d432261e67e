#include "core/config/shown_size.h"

#include <algorithm>

namespace slab {
namespace {

int scaled(int side, double scale) {
  return std::max(1, static_cast<int>(side * scale + 0.5));
}

}  // namespace

PixelSize fitSides(int width, int height, std::int64_t shorter, std::int64_t longest) {
  const double scale = std::min(static_cast<double>(longest) / std::max(width, height),
                                static_cast<double>(shorter) / std::min(width, height));
  return {scaled(width, scale), scaled(height, scale)};
}

PixelSize evaluationSize(int width, int height, const DataConfig& data) {
  return fitSides(width, height, *std::max_element(data.sides.begin(), data.sides.end()), data.longest);
}

std::int64_t filledUp(std::int64_t side) {
  constexpr std::int64_t kMultiple = 32;
  return (side + kMultiple - 1) / kMultiple * kMultiple;
}

}  // namespace slab
