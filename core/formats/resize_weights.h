// The filters of resize.h as integer weights, those of PIL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/formats/resize.h"

namespace slab {

/// Fractional bits of a weight: 8 bits of value and 2 of headroom for the negative lobes remain of 32.
inline constexpr int kWeightBits = 32 - 8 - 2;

/// For each target position: the first source position, and the weights of those from there on.
struct ResizeWeights {
  std::vector<int> first;
  std::vector<int> count;
  std::vector<std::int32_t> values;  // `stride` a target
  std::size_t stride = 0;

  [[nodiscard]] const std::int32_t* of(int target) const { return &values[static_cast<std::size_t>(target) * stride]; }
  [[nodiscard]] int firstOf(int target) const { return first[static_cast<std::size_t>(target)]; }
  [[nodiscard]] int countOf(int target) const { return count[static_cast<std::size_t>(target)]; }
  /// The sources that all targets together read: [begin, end); not of mirrored weights.
  [[nodiscard]] int begin() const { return first.front(); }
  [[nodiscard]] int end() const { return first.back() + count.back(); }
};

/// [from, to) of `sources` positions onto `targets`; a target near the border takes the sources there are.
ResizeWeights makeResizeWeights(double from, double to, int sources, int targets, ResizeFilter filter);

/// Turns the order of the targets around.
void mirror(ResizeWeights& weights);

}  // namespace slab
