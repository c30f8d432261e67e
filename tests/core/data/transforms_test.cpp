#include "core/data/transforms.h"

#include <map>

#include "core/data/support.h"

namespace slab::data {
namespace {

std::vector<int> placed(const std::vector<std::uint8_t>& in, Plane plane, const Placement& placement) {
  std::vector<std::uint8_t> out(in.size(), 99);
  const int channels = static_cast<int>(in.size()) / (plane.height * plane.width);
  copyPlaced(in.data(), out.data(), channels, plane, placement);
  return {out.begin(), out.end()};
}

TEST(Transforms, PlacingMirrorsThenMoves) {
  const std::vector<std::uint8_t> in{1, 2, 3, 4, 5, 6};
  const Plane plane{2, 3};
  EXPECT_EQ(placed(in, plane, {}), (std::vector<int>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(placed(in, plane, {true, 0, 0}), (std::vector<int>{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(placed(in, plane, {false, 1, 0}), (std::vector<int>{0, 1, 2, 0, 4, 5}));
  EXPECT_EQ(placed(in, plane, {false, -1, 0}), (std::vector<int>{2, 3, 0, 5, 6, 0}));
  EXPECT_EQ(placed(in, plane, {false, 0, 1}), (std::vector<int>{0, 0, 0, 1, 2, 3}));
  EXPECT_EQ(placed(in, plane, {false, 0, -1}), (std::vector<int>{4, 5, 6, 0, 0, 0}));
  EXPECT_EQ(placed(in, plane, {true, 1, 1}), (std::vector<int>{0, 0, 0, 0, 3, 2}));
  EXPECT_EQ(placed(in, plane, {true, -2, 0}), (std::vector<int>{1, 0, 0, 4, 0, 0}));
  EXPECT_EQ(placed({1, 2}, {1, 1}, {false, 2, 0}), (std::vector<int>{0, 0}));
  EXPECT_EQ(placed({1, 2, 3, 4}, {1, 2}, {true, 0, 0}), (std::vector<int>{2, 1, 4, 3}));
}

TEST(Transforms, DrawsHaveTheirFrequencies) {
  const int trials = 20'000;
  std::map<int, int> right, down;
  int flips = 0;
  for (int i = 0; i < trials; ++i) {
    Random random(hashKeys(3, static_cast<std::uint64_t>(i)));
    const Placement light = drawPlacement(Augment::Light, random);
    ++right[light.right];
    ++down[light.down];
    flips += light.flip ? 1 : 0;
  }
  EXPECT_NEAR(flips, trials / 2, 400);
  ASSERT_EQ(right.size(), 5U);
  ASSERT_EQ(down.size(), 5U);
  for (const auto& counts : {right, down}) {
    for (const auto& [shift, count] : counts) {
      EXPECT_LE(std::abs(shift), 2);
      EXPECT_NEAR(count, trials / 5, 400);
    }
  }
  Random random(1);
  const Placement none = drawPlacement(Augment::None, random);
  EXPECT_FALSE(none.flip);
  EXPECT_EQ(none.right, 0);
  const Placement flip = drawPlacement(Augment::Flip, random);
  EXPECT_EQ(flip.right, 0);
}

TEST(Transforms, TrainingCropsStayInsideAndReachBothEnds) {
  // Pixel values are the column, so that the first pixel tells where the crop began.
  const SampleSource image = imageSource(test::makeImage(100, 60, 1, [](int x, int, int) { return x; }), "columns");
  Random random(2);
  EXPECT_EQ(resizeForTraining(image, ColorMode::Grey, 60, Augment::None, random).pixels[0], 20);
  int least = 255, most = 0;
  for (int i = 0; i < 500; ++i) {
    const Image out = resizeForTraining(image, ColorMode::Grey, 60, Augment::Flip, random);
    ASSERT_EQ(out.width, 60);
    ASSERT_EQ(out.height, 60);
    least = std::min<int>(least, out.pixels[0]);
    most = std::max<int>(most, out.pixels[0]);
  }
  EXPECT_EQ(least, 0);
  EXPECT_EQ(most, 40);
}

TEST(Transforms, PlanesAreTheChannelsOneAfterTheOther) {
  const Image image = test::makeImage(2, 2, 3, [](int x, int y, int c) { return 100 * c + 10 * y + x; });
  std::vector<std::uint8_t> planes(12);
  toPlanes(image, planes.data());
  EXPECT_EQ(planes, (std::vector<std::uint8_t>{0, 1, 10, 11, 100, 101, 110, 111, 200, 201, 210, 211}));
}

}  // namespace
}  // namespace slab::data
