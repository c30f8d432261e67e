#include "core/data/mixup.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/data/erase.h"

namespace slab::data {
namespace {

// Four samples of 2 x 3 x 4, sample n all n.
std::vector<float> numberedSamples(int count) {
  std::vector<float> samples(static_cast<std::size_t>(count) * 24);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<float>(i / 24);
  return samples;
}

TEST(Mixup, BlendsEachSampleWithItsOpposite) {
  std::vector<float> samples = numberedSamples(5);
  mixBatch(samples.data(), 5, 2, 4, 3, {0.75, std::nullopt});
  const std::vector<float> expected{1.0F, 1.5F, 2.0F, 2.5F, 3.0F};
  for (std::size_t i = 0; i < samples.size(); ++i) ASSERT_FLOAT_EQ(samples[i], expected[i / 24]) << i;
}

TEST(Mixup, CutMixTakesTheBoxFromTheOpposite) {
  std::vector<float> samples = numberedSamples(4);
  mixBatch(samples.data(), 4, 2, 4, 3, {0.5, Rect{1, 0, 3, 2}});
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::size_t x = i % 4, y = i / 4 % 3, sample = i / 24;
    const bool inside = x >= 1 && y < 2;
    ASSERT_EQ(samples[i], static_cast<float>(inside ? 3 - sample : sample)) << i;
  }
}

TEST(Mixup, TheShareIsCorrectedToTheClippedBox) {
  const MixDraw centre = cutMixBox(20, 10, 0.75, 10, 5);
  ASSERT_TRUE(centre.box);
  EXPECT_EQ(centre.box->width, 10);
  EXPECT_EQ(centre.box->height, 4) << "half of the height, halved to whole pixels";
  EXPECT_DOUBLE_EQ(centre.lambda, 1.0 - 40.0 / 200.0);
  const MixDraw corner = cutMixBox(20, 10, 0.75, 0, 0);
  EXPECT_DOUBLE_EQ(corner.lambda, 1.0 - 10.0 / 200.0);
  EXPECT_DOUBLE_EQ(cutMixBox(20, 10, 1.0, 3, 3).lambda, 1.0);
}

TEST(Mixup, HalfOfTheBatchesAreCutAndSharesStayInside) {
  int cut = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    Random random(hashKeys(9, i));
    const MixDraw draw = drawMix(24, 16, random);
    ASSERT_TRUE(draw.lambda >= 0.0 && draw.lambda <= 1.0);
    if (!draw.box) continue;
    ++cut;
    ASSERT_TRUE(draw.box->x >= 0 && draw.box->x + draw.box->width <= 24);
    ASSERT_TRUE(draw.box->y >= 0 && draw.box->y + draw.box->height <= 16);
  }
  EXPECT_NEAR(cut, 2000, 130);
}

TEST(Erase, AQuarterOfTheSamplesLoseABoxOfNoise) {
  int erased = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    Random random(hashKeys(10, i));
    const auto box = drawEraseBox(30, 20, random);
    if (!box) continue;
    ++erased;
    const double share = box->width * box->height / 600.0;
    ASSERT_TRUE(share > 0.01 && share < 0.37) << share;
    ASSERT_TRUE(box->x >= 0 && box->x + box->width <= 30 && box->y >= 0 && box->y + box->height <= 20);
  }
  EXPECT_NEAR(erased, 1000, 110);
}

TEST(Erase, OnlyTheBoxChangesInEveryPlane) {
  std::vector<float> planes(2 * 5 * 6, 7.0F);
  Random random(1);
  eraseBox(planes.data(), 2, 6, 5, {1, 2, 3, 2}, random);
  for (std::size_t i = 0; i < planes.size(); ++i) {
    const std::size_t x = i % 6, y = i / 6 % 5;
    const bool inside = x >= 1 && x < 4 && y >= 2 && y < 4;
    EXPECT_EQ(planes[i] != 7.0F, inside) << i;
  }
}

}  // namespace
}  // namespace slab::data
