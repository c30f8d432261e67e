#include "core/data/augment.h"

#include <algorithm>
#include <map>

#include "core/data/support.h"

namespace slab::data {
namespace {

constexpr FillColor kFill{124, 116, 104};

Image pattern(int width, int height, int channels) {
  return test::makeImage(width, height, channels,
                         [](int x, int y, int c) { return (x * x + 3 * y * y + x * y * (c + 1) + 50 * c) % 256; });
}

TEST(Augment, CropsKeepWithinTheImageAndTheLimitsOfAreaAndAspect) {
  for (std::uint64_t i = 0; i < 3000; ++i) {
    Random random(hashKeys(4, i));
    const Rect box = drawResizedCrop(500, 375, random);
    ASSERT_TRUE(box.x >= 0 && box.y >= 0 && box.x + box.width <= 500 && box.y + box.height <= 375);
    const double area = box.width * box.height / (500.0 * 375.0), aspect = static_cast<double>(box.width) / box.height;
    ASSERT_TRUE(area > 0.079 && area <= 1.0) << area;
    ASSERT_TRUE(aspect > 0.745 && aspect < 1.34) << aspect;
  }
}

TEST(Augment, AStripFallsBackToItsCentre) {
  Random random(1);
  const Rect wide = drawResizedCrop(1000, 10, random);
  EXPECT_EQ(wide.height, 10);
  EXPECT_EQ(wide.width, 13);
  EXPECT_EQ(wide.x, 493);
  const Rect tall = drawResizedCrop(9, 900, random);
  EXPECT_EQ(tall.width, 9);
  EXPECT_EQ(tall.height, 12);
  EXPECT_EQ(tall.y, 444);
}

TEST(Augment, OperationsAreDrawnEvenlyWithTheirArguments) {
  std::map<Operation, int> counts;
  int total = 0;
  for (std::uint64_t i = 0; i < 15'000; ++i) {
    Random random(hashKeys(5, i));
    for (const auto& [operation, argument] : drawOperations(random)) {
      ++counts[operation];
      ++total;
      const double size = std::abs(argument);
      switch (operation) {
        case Operation::Rotate: ASSERT_TRUE(size > 18 && size <= 30) << argument; break;
        case Operation::Posterize: ASSERT_TRUE(size <= 2) << argument; break;
        case Operation::Solarize: ASSERT_TRUE(argument >= 0 && argument < 80) << argument; break;
        default: break;
      }
    }
  }
  EXPECT_NEAR(total, 15'000, 400) << "two, each with probability 1/2";
  ASSERT_EQ(counts.size(), static_cast<std::size_t>(kOperations));
  for (const auto& [operation, count] : counts) EXPECT_NEAR(count, 1000, 140) << static_cast<int>(operation);
}

TEST(Augment, AGreyImageIsTreatedAsColourOfEqualChannels) {
  const Image grey = pattern(23, 17, 1);
  Image colour{23, 17, 3, {}};
  for (const auto value : grey.pixels) colour.pixels.insert(colour.pixels.end(), 3, value);
  const FillColor fill{90, 90, 90};
  for (int i = 0; i < kOperations; ++i) {
    const auto operation = static_cast<Operation>(i);
    Random random(3);
    const double argument = argumentOf(operation, 8.7, random);
    const Image one = applyOperation(grey, operation, argument, fill);
    const Image three = applyOperation(colour, operation, argument, fill);
    for (std::size_t p = 0; p < one.pixels.size(); ++p) {
      ASSERT_EQ(one.pixels[p], three.pixels[3 * p]) << "operation " << i << ", pixel " << p;
    }
  }
}

TEST(Augment, PixelsThatAMoveBringsInHaveTheFillColour) {
  const Image image = pattern(20, 20, 3);
  const Image moved = applyOperation(image, Operation::TranslateX, 0.25, kFill);
  for (int y = 0; y < 20; ++y) {
    for (int x = 0; x < 20; ++x) {
      for (int c = 0; c < 3; ++c) {
        const auto i = static_cast<std::size_t>(x * 3 + c);
        const int expected = x < 15 ? image.row(y)[i + 15] : kFill[static_cast<std::size_t>(c)];
        ASSERT_EQ(moved.row(y)[i], expected) << x << " " << y;
      }
    }
  }
}

TEST(Augment, ASmallImageKeepsItsScaleWithinABlackFrame) {
  const Image image = test::makeImage(28, 28, 1, [](int, int, int) { return 200; });
  Random random(8);
  for (int i = 0; i < 200; ++i) {
    RecipeDraw draw = drawRecipe(28, 28, 28, Framing::PaddedCrop, random);
    ASSERT_TRUE(draw.box.x >= 0 && draw.box.x <= 8 && draw.box.y >= 0 && draw.box.y <= 8);
    draw.operations.clear();
    const Image out = applyRecipe(image, 28, Framing::PaddedCrop, draw, kFill);
    const auto lit = std::count(out.pixels.begin(), out.pixels.end(), 200);
    ASSERT_EQ(lit, (28 - std::abs(draw.box.x - 4)) * (28 - std::abs(draw.box.y - 4)));
  }
}

}  // namespace
}  // namespace slab::data
