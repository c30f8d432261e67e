#include "core/data/detection_draw.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "core/base/image.h"

namespace slab::data {
namespace {

DataConfig swinPolicy() {
  DataConfig data;
  data.type = DataType::Coco;
  data.augment = Augment::MultiScale;
  data.sides = {480, 512, 544, 576, 608, 640, 672, 704, 736, 768, 800};
  return data;
}

std::vector<DetectionView> drawMany(const DataConfig& data, int width, int height, int count) {
  std::vector<DetectionView> views;
  for (int i = 0; i < count; ++i) {
    Random random(hashKeys(7, static_cast<std::uint64_t>(i)));
    views.push_back(drawView(width, height, data, random));
  }
  return views;
}

TEST(DetectionDraw, AnEvaluationTakesTheWholeImageAtTheLargestSide) {
  EXPECT_EQ(wholeView(640, 480, swinPolicy()), (DetectionView{{0, 0, 640, 480}, 1067, 800, false}));
}

TEST(DetectionDraw, FlipDrawsTheMirrorAndTheSideOfTheWholeImage) {
  DataConfig data = swinPolicy();
  data.augment = Augment::Flip;
  const auto views = drawMany(data, 640, 480, 2000);
  std::map<int, int> heights;
  int mirrored = 0;
  for (const auto& view : views) {
    EXPECT_EQ(view.region, (Rect{0, 0, 640, 480}));
    ++heights[view.height];
    mirrored += view.mirrored ? 1 : 0;
  }
  EXPECT_EQ(heights.size(), 11U);
  for (const auto& [height, count] : heights) EXPECT_NEAR(count, 2000 / 11, 60) << height;
  EXPECT_NEAR(mirrored, 1000, 100);
  data.augment = Augment::None;
  for (const auto& view : drawMany(data, 640, 480, 50)) EXPECT_FALSE(view.mirrored);
}

TEST(DetectionDraw, TheSwinPolicyCutsHalfOfTheImagesWithinItsBounds) {
  const DataConfig data = swinPolicy();
  const auto views = drawMany(data, 640, 480, 2000);
  int parts = 0, mirrored = 0;
  std::set<int> widths;
  for (const auto& view : views) {
    mirrored += view.mirrored ? 1 : 0;
    EXPECT_LE(view.region.x + view.region.width, 640);
    EXPECT_LE(view.region.y + view.region.height, 480);
    EXPECT_GE(view.region.x, 0);
    EXPECT_GE(view.region.y, 0);
    EXPECT_LE(std::max(view.width, view.height), 1333);
    if (view.region == Rect{0, 0, 640, 480}) continue;
    ++parts;
    widths.insert(view.region.width);
    // At the least first side (400) a part of 384 rows is 461 of the image's, at the largest (600) 307.
    EXPECT_GE(view.region.height, 306);
    EXPECT_GE(view.region.width, 306);
    // The part keeps its shape, but for rounding.
    const double shape = static_cast<double>(view.region.width) / view.region.height;
    EXPECT_NEAR(static_cast<double>(view.width) / view.height, shape, 0.02);
    const int shorter = std::min(view.width, view.height);
    const bool isCapped = std::max(view.width, view.height) == 1333;
    EXPECT_TRUE(isCapped || std::find(data.sides.begin(), data.sides.end(), shorter) != data.sides.end()) << shorter;
  }
  // A part of an image at 400 may be all of it.
  EXPECT_NEAR(parts, 1000, 120);
  EXPECT_NEAR(mirrored, 1000, 100);
  EXPECT_GT(widths.size(), 100U);
}

TEST(DetectionDraw, ASmallImageIsCutNoSmallerThanItIs) {
  for (const auto& view : drawMany(swinPolicy(), 40, 33, 200)) {
    EXPECT_GE(view.region.width, 1);
    EXPECT_LE(view.region.x + view.region.width, 40);
    EXPECT_GE(view.width, 1);
  }
}

// Where the centre of each pixel of the view comes from, in double precision.
Image slowMask(const DetectionView& view, const Image& mask) {
  Image seen = blankImage(view.width, view.height, 1);
  for (int y = 0; y < view.height; ++y) {
    for (int x = 0; x < view.width; ++x) {
      const double from = view.mirrored ? view.width - (x + 0.5) : x + 0.5;
      const double column = view.region.x + from * view.region.width / view.width;
      const double row = view.region.y + (y + 0.5) * view.region.height / view.height;
      seen.row(y)[x] = mask.row(static_cast<int>(row))[static_cast<int>(column)];
    }
  }
  return seen;
}

TEST(DetectionDraw, MasksAndBoxesMoveAsTheirPixelsDo) {
  DataConfig data = swinPolicy();
  data.sides = {60, 75, 90, 133};
  data.longest = 240;
  data.cropSides = {40, 50, 60};
  data.crop = {30, 60};
  int cut = 0, gone = 0;
  for (int i = 0; i < 300; ++i) {
    Random random(hashKeys(11, static_cast<std::uint64_t>(i)));
    const int width = 50 + static_cast<int>(random.below(80)), height = 50 + static_cast<int>(random.below(80));
    const DetectionView view = drawView(width, height, data, random);
    Rect object{0, 0, 6 + static_cast<int>(random.below(30)), 6 + static_cast<int>(random.below(30))};
    object.x = static_cast<int>(random.below(static_cast<std::uint64_t>(width - object.width)));
    object.y = static_cast<int>(random.below(static_cast<std::uint64_t>(height - object.height)));
    Image mask = blankImage(width, height, 1);
    for (int y = object.y; y < object.y + object.height; ++y) {
      std::fill_n(mask.row(y) + object.x, object.width, std::uint8_t{1});
    }
    Image seen = blankImage(view.width, view.height, 1);
    viewMask(view, mask, seen.pixels.data());
    ASSERT_EQ(seen.pixels, slowMask(view, mask).pixels) << i;

    const auto box = viewedBox(view, {static_cast<double>(object.x), static_cast<double>(object.y),
                                      static_cast<double>(object.width), static_cast<double>(object.height)});
    const coco::CocoBox around = coco::boxOf(coco::encodeMask(seen));
    if (!box) {
      EXPECT_LE(std::min(around.width, around.height), 1.0) << i;
      ++gone;
      continue;
    }
    cut += view.region == Rect{0, 0, width, height} ? 0 : 1;
    EXPECT_NEAR((*box)[0], around.x, 1.0) << i;
    EXPECT_NEAR((*box)[1], around.y, 1.0) << i;
    EXPECT_NEAR((*box)[2], around.x + around.width, 1.0) << i;
    EXPECT_NEAR((*box)[3], around.y + around.height, 1.0) << i;
    EXPECT_LE((*box)[2], static_cast<float>(view.width));
    EXPECT_LE((*box)[3], static_cast<float>(view.height));
  }
  EXPECT_GT(cut, 40);
  EXPECT_GT(gone, 3) << "objects outside of the part that is cut";
}

TEST(DetectionDraw, ABoxIsScaledMirroredAndCutOff) {
  const coco::CocoBox box{10, 20, 30, 40};
  const DetectionView doubled{{0, 0, 100, 100}, 200, 200, false};
  EXPECT_EQ(viewedBox(doubled, box), (std::array<float, 4>{20, 40, 80, 120}));
  const DetectionView mirrored{{0, 0, 100, 100}, 200, 200, true};
  EXPECT_EQ(viewedBox(mirrored, box), (std::array<float, 4>{120, 40, 180, 120}));
  const DetectionView part{{20, 30, 50, 50}, 50, 50, false};
  EXPECT_EQ(viewedBox(part, box), (std::array<float, 4>{0, 0, 20, 30}));
  const DetectionView elsewhere{{40, 0, 50, 50}, 50, 50, false};
  EXPECT_EQ(viewedBox(elsewhere, box), std::nullopt);
}

}  // namespace
}  // namespace slab::data
