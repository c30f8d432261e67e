// How an image and its objects are shown to a detector: what is drawn, and how it moves boxes and masks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/image_view.h"
#include "core/base/rng.h"
#include "core/coco/run_lengths.h"
#include "core/config/data_config.h"

namespace slab::data {

/// A part of an image, brought to width x height pixels and then perhaps mirrored left to right.
struct DetectionView {
  Rect region;
  int width = 0, height = 0;
  bool mirrored = false;

  friend bool operator==(const DetectionView&, const DetectionView&) = default;
};

/// The evaluation's: all of the image, at its evaluationSize.
DetectionView wholeView(int width, int height, const DataConfig& data);

/// The training's, from the image's own stream. flip, multi_scale: mirrored with probability 1/2. Then the whole image
/// with a shorter side drawn from `data.sides`; or, for half of the images of multi_scale, a part: at a shorter side
/// drawn from `data.cropSides` a rectangle of height and width uniform in [min(side, crop[0]), min(side, crop[1])]
/// anywhere, brought to a shorter side drawn from `data.sides`. It may hold no object. (The policy of the published
/// detectors on Swin, mmdet's AutoAugment; there the part is resized twice, here once.)
DetectionView drawView(int width, int height, const DataConfig& data, Random& random);

/// x1, y1, x2, y2 of a box in the view, cut off at its border; nothing where less than a pixel is left of a side.
std::optional<std::array<float, 4>> viewedBox(const DetectionView& view, const coco::CocoBox& box);

/// A mask of the whole image as seen in the view: height x width bytes at `out`, each that of the pixel its centre
/// lies in.
void viewMask(const DetectionView& view, const ImageView& mask, std::uint8_t* out);

}  // namespace slab::data
