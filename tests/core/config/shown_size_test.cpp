#include "core/config/shown_size.h"

#include <gtest/gtest.h>

namespace slab {
namespace {

TEST(ShownSize, SidesAreThoseOfMmcv) {
  // mmcv.rescale_size((w, h), (1333, 800)) and others.
  const auto expect = [](int w, int h, std::int64_t shorter, std::int64_t longest, int width, int height) {
    const PixelSize size = fitSides(w, h, shorter, longest);
    EXPECT_EQ(size.width, width) << w << " x " << h;
    EXPECT_EQ(size.height, height) << w << " x " << h;
  };
  expect(640, 480, 800, 1333, 1067, 800);
  expect(480, 640, 800, 1333, 800, 1067);
  expect(640, 427, 800, 1333, 1199, 800);
  expect(1000, 300, 800, 1333, 1333, 400);
  expect(500, 375, 480, 1333, 640, 480);
}

TEST(ShownSize, AnEvaluationTakesTheLargestSide) {
  DataConfig data;
  data.sides = {480, 800, 640};
  EXPECT_EQ(evaluationSize(640, 480, data).width, 1067);
  EXPECT_EQ(evaluationSize(640, 480, data).height, 800);
}

TEST(ShownSize, FillsUpToTheCoarsestStride) {
  EXPECT_EQ(filledUp(1), 32);
  EXPECT_EQ(filledUp(800), 800);
  EXPECT_EQ(filledUp(801), 832);
}

}  // namespace
}  // namespace slab
