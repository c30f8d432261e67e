// Binary masks as run lengths, COCO's way: their algebra and their two spellings in JSON.
//
// The rules are those of COCO's maskApi (github.com/cocodataset/cocoapi, common/maskApi.h), so that masks, areas and
// boxes are the same numbers there and here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/image_view.h"

namespace slab::coco {

/// A box in pixels: left upper corner and size; edges need not lie between pixels.
struct CocoBox {
  double x = 0, y = 0, width = 0, height = 0;

  friend bool operator==(const CocoBox&, const CocoBox&) = default;
};

/// What a mask may measure: its pixels are counted in 32 bits.
inline constexpr std::int64_t kMostMaskSide = 1 << 16;
inline constexpr std::int64_t kMostMaskPixels = std::int64_t{1} << 30;

/// A mask of height x width pixels, taken column by column (x slowest): how many are out, in, out, in, ... The first
/// number may be 0. Owns its numbers, which add up to height x width in a sound mask.
struct RunLengths {
  std::uint32_t height = 0, width = 0;
  std::vector<std::uint32_t> counts;

  [[nodiscard]] std::uint64_t pixels() const { return std::uint64_t{height} * width; }
  friend bool operator==(const RunLengths&, const RunLengths&) = default;
};

enum class MaskMerge { Union, Intersection };

/// Pixels that are not 0 are in; `mask` has one channel.
RunLengths encodeMask(const ImageView& mask);
/// One channel of 0 and 1. Throws Error(Internal) for a mask that is not sound.
Image decodeMask(const RunLengths& mask);

/// Of no masks: an empty one of 0 x 0. Throws Error(Internal) for masks of different sizes or that are not sound.
RunLengths mergeMasks(std::span<const RunLengths> masks, MaskMerge how);

/// Pixels that are in.
std::uint64_t areaOf(const RunLengths& mask);
/// The smallest box of whole pixels around what is in; all 0 for an empty mask.
CocoBox boxOf(const RunLengths& mask);

/// "" for a sound mask of a size within the limits, else what is wrong: "its counts add up to 7, 3 x 4 pixels need 12".
std::string faultOf(const RunLengths& mask);

/// The counts as COCO compresses them: from the third on the difference to the last but one of the same colour, in
/// groups of five bits, the lowest first, 48 added to make letters of them.
std::string toCompressed(const RunLengths& mask);
/// Reads such a text into `mask`, whose size is set before. Returns "" or what is wrong, as faultOf does.
std::string readCompressed(std::string_view text, RunLengths& mask);

}  // namespace slab::coco
