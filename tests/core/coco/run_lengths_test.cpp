#include "core/coco/run_lengths.h"

#include <gtest/gtest.h>

#include "core/base/rng.h"
#include "core/formats/support.h"

namespace slab::coco {
namespace {

/// About a third of the pixels, in blobs.
Image drawnMask(std::uint64_t seed, int width, int height) {
  Random random(hashKeys(seed));
  Image mask = blankImage(width, height, 1);
  for (int blob = 0; blob < 4; ++blob) {
    const auto x0 = static_cast<int>(random.below(static_cast<std::uint64_t>(width)));
    const auto y0 = static_cast<int>(random.below(static_cast<std::uint64_t>(height)));
    const auto w = static_cast<int>(random.below(8)), h = static_cast<int>(random.below(8));
    for (int y = y0; y < std::min(height, y0 + h); ++y) {
      for (int x = x0; x < std::min(width, x0 + w); ++x) mask.row(y)[x] = 1;
    }
  }
  return mask;
}

TEST(RunLengths, AMaskIsTakenColumnByColumn) {
  Image mask = blankImage(3, 2, 1);
  mask.row(1)[0] = 9;
  mask.row(0)[1] = 1;
  EXPECT_EQ(encodeMask(mask), (RunLengths{2, 3, {1, 2, 3}}));
  mask.row(0)[0] = 1;
  EXPECT_EQ(encodeMask(mask), (RunLengths{2, 3, {0, 3, 3}}));
}

TEST(RunLengths, DecodingUndoesEncodingAndTextUndoesIt) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const int width = 1 + static_cast<int>(seed % 17), height = 1 + static_cast<int>(seed % 23);
    const Image image = drawnMask(seed, width, height);
    const RunLengths mask = encodeMask(image);
    EXPECT_EQ(faultOf(mask), "");
    EXPECT_EQ(decodeMask(mask).pixels, image.pixels);
    RunLengths read{mask.height, mask.width, {}};
    EXPECT_EQ(readCompressed(toCompressed(mask), read), "");
    EXPECT_EQ(read, mask);
    EXPECT_EQ(areaOf(mask),
              static_cast<std::uint64_t>(std::count(image.pixels.begin(), image.pixels.end(), std::uint8_t{1})));
  }
}

TEST(RunLengths, MergingIsPixelByPixel) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Image a = drawnMask(2 * seed, 19, 13), b = drawnMask(2 * seed + 1, 19, 13);
    Image both = a, either = a;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) {
      both.pixels[i] = a.pixels[i] & b.pixels[i];
      either.pixels[i] = a.pixels[i] | b.pixels[i];
    }
    const std::vector<RunLengths> masks{encodeMask(a), encodeMask(b)};
    EXPECT_EQ(mergeMasks(masks, MaskMerge::Intersection), encodeMask(both));
    EXPECT_EQ(mergeMasks(masks, MaskMerge::Union), encodeMask(either));
  }
}

TEST(RunLengths, TheBoxHoldsWholeColumnsOnceARunSpansTwo) {
  EXPECT_EQ(boxOf({10, 10, {34, 3, 63}}), (CocoBox{3, 4, 1, 3}));
  EXPECT_EQ(boxOf({10, 10, {38, 4, 58}}), (CocoBox{3, 0, 2, 10}));
  EXPECT_EQ(boxOf({10, 10, {100}}), CocoBox{});
  EXPECT_EQ(boxOf({10, 10, {0, 0, 100}}), CocoBox{}) << "a run of no pixels is none";
}

TEST(RunLengths, WhatIsNoMaskIsNamed) {
  const auto isNamed = [](const RunLengths& mask, const char* part) { return test::contains(faultOf(mask), part); };
  EXPECT_TRUE(isNamed({3, 4, {5, 2}}, "add up to 7, and 3 x 4 pixels are 12"));
  EXPECT_TRUE(isNamed({3, 4, {5, 20}}, "add up to 25"));
  EXPECT_TRUE(isNamed({0, 4, {}}, "size is 0 x 4"));
  EXPECT_TRUE(isNamed({65537, 1, {65537}}, "above the limit"));
  EXPECT_TRUE(isNamed({65536, 65536, {}}, "above the limit"));
}

TEST(RunLengths, TextThatIsNoCountsIsNamed) {
  RunLengths mask{3, 4, {}};
  EXPECT_EQ(readCompressed("<", mask), "");
  EXPECT_TRUE(test::contains(readCompressed("4\x7F", mask), "no number at letter 2"));
  EXPECT_TRUE(test::contains(readCompressed("4Q", mask), "no number at letter 2")) << "ends within a number";
  EXPECT_TRUE(test::contains(readCompressed("4 4", mask), "no number at letter 2"));
  EXPECT_TRUE(test::contains(readCompressed("O<", mask), "hold -1 at letter 1"));
  EXPECT_TRUE(test::contains(readCompressed("PPPPPPPPPPPPPPPP0", mask), "no number")) << "wider than any count";
  EXPECT_TRUE(test::contains(readCompressed("", mask), "add up to 0"));
}

TEST(RunLengths, MasksOfDifferentSizesAreNotMerged) {
  const std::vector<RunLengths> masks{{3, 4, {12}}, {4, 3, {12}}};
  EXPECT_TRUE(test::contains(test::errorOf([&] { mergeMasks(masks, MaskMerge::Union); }), "different sizes"));
  const std::vector<RunLengths> unsound{{3, 4, {12}}, {3, 4, {11}}};
  EXPECT_TRUE(test::contains(test::errorOf([&] { mergeMasks(unsound, MaskMerge::Union); }), "not sound"));
  EXPECT_EQ(mergeMasks({}, MaskMerge::Union), RunLengths{});
}

}  // namespace
}  // namespace slab::coco
