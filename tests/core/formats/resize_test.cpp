#include "core/formats/resize.h"

#include <cmath>

#include "core/base/rng.h"
#include "core/formats/jpeg_files.h"
#include "core/formats/resize_loops.h"
#include "core/formats/support.h"

namespace slab {
namespace {

using test::makeImage;

Image row(const std::vector<int>& values) {
  return makeImage(static_cast<int>(values.size()), 1, 1,
                   [&](int x, int, int) { return values[static_cast<std::size_t>(x)]; });
}

std::vector<int> valuesOf(const Image& image) {
  return {image.pixels.begin(), image.pixels.end()};
}

TEST(Resize, HalvingWithTheTriangleGivesTheWeightsWorkedOutByHand) {
  // Scale 2, support 2: the centre of target 1 is 3.0, sources 1 to 4 at distances 1.5 .5 .5 1.5,
  // weights 1/8 3/8 3/8 1/8; at the border the two outer ones fall away, 3/7 3/7 1/7.
  const Image out = resize(row({0, 70, 140, 210, 28, 7}), 3, 1, ResizeFilter::Bilinear);
  const double first = (3.0 * 0 + 3 * 70 + 140) / 7;
  const double second = (70 + 3.0 * 140 + 3 * 210 + 28) / 8;
  const double third = (210 + 3.0 * 28 + 3 * 7) / 7;
  EXPECT_EQ(valuesOf(out),
            (std::vector<int>{static_cast<int>(std::lround(first)), static_cast<int>(std::lround(second)),
                              static_cast<int>(std::lround(third))}));
}

TEST(Resize, DoublingWithTheCubicGivesTheWeightsWorkedOutByHand) {
  // Scale 1/2: the centre of target 4 is 2.25, that of source 2 is 2.5: distances -1.75 -.75 .25 1.25
  // from sources 0 to 3, and Keys' cubic with a = -1/2 gives -3/128 29/128 111/128 -9/128.
  const std::vector<int> in{10, 200, 90, 30, 250, 60};
  const Image out = resize(row(in), 12, 1, ResizeFilter::Bicubic);
  const double expected = (-3.0 * in[0] + 29 * in[1] + 111 * in[2] - 9 * in[3]) / 128;
  EXPECT_EQ(out.pixels[4], std::lround(expected));
}

TEST(Resize, AConstantImageStaysConstantAtEverySize) {
  for (const ResizeFilter filter : {ResizeFilter::Bilinear, ResizeFilter::Bicubic}) {
    for (const int channels : {1, 3, 4}) {
      const Image image = makeImage(37, 23, channels, [](int, int, int c) { return 17 + 71 * c; });
      for (const auto& [width, height] : {std::pair(1, 1), {5, 90}, {37, 7}, {80, 23}, {37, 23}, {111, 69}}) {
        const Image out = resize(image, width, height, filter);
        const Image expected = makeImage(width, height, channels, [](int, int, int c) { return 17 + 71 * c; });
        EXPECT_EQ(out.pixels, expected.pixels) << width << "x" << height;
      }
    }
  }
}

TEST(Resize, AgreesWithTheContinuousFilterToOneStep) {
  Random random(3);
  const Image image = makeImage(41, 29, 1, [&](int, int, int) { return static_cast<int>(random.below(256)); });
  const auto cubic = [](double x) {
    x = std::abs(x);
    if (x < 1) return 1.5 * x * x * x - 2.5 * x * x + 1;
    return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0.0;
  };
  const int width = 17, height = 13;
  const Image out = resize(image, width, height, ResizeFilter::Bicubic);
  const double sx = 41.0 / width, sy = 29.0 / height;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      double sum = 0, total = 0;
      for (int v = 0; v < 29; ++v) {
        for (int u = 0; u < 41; ++u) {
          const double weight = cubic((u + 0.5 - (x + 0.5) * sx) / sx) * cubic((v + 0.5 - (y + 0.5) * sy) / sy);
          sum += weight * image.row(v)[u];
          total += weight;
        }
      }
      EXPECT_NEAR(out.row(y)[x], std::clamp(sum / total, 0.0, 255.0), 2.0) << x << "," << y;
    }
  }
}

TEST(Resize, OvershootIsCutToTheRangeOfBytes) {
  const Image out = resize(row({0, 0, 0, 255, 255, 255}), 24, 1, ResizeFilter::Bicubic);
  EXPECT_EQ(out.pixels.front(), 0);
  EXPECT_EQ(out.pixels.back(), 255);
}

TEST(Resize, ARegionIsWhatItWouldBeWithItsSurroundings) {
  const Image image = makeImage(64, 48, 3, [](int x, int y, int c) { return x * 2 + y + 30 * c; });
  const Image part = resize(image, 16, 12, ResizeFilter::Bilinear, {16, 8, 32, 24});
  const Image whole = resize(image, 32, 24, ResizeFilter::Bilinear);
  EXPECT_EQ(part.pixels, crop(whole, {8, 4, 16, 12}).pixels);
}

struct Loops {
  const char* name;
  const ResizeLoops* (*find)();
};

class FastResizeLoops : public ::testing::TestWithParam<Loops> {};

TEST_P(FastResizeLoops, GiveTheBytesOfThePlainOnes) {
  const ResizeLoops* loops = GetParam().find();
  if (loops == nullptr) GTEST_SKIP() << "this processor has no " << GetParam().name;
  Random random(4);
  const auto upTo = [&](int most) { return 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(most))); };
  for (int trial = 0; trial < 1500; ++trial) {
    const int channels = trial % 4 == 0 ? 1 : trial % 7 == 0 ? 4 : 3;
    // Mostly extremes: the sums then reach their limits.
    const Image image = makeImage(upTo(150), upTo(60), channels, [&](int, int, int) {
      return random.below(3) == 0 ? static_cast<int>(random.below(256)) : random.below(2) == 0 ? 0 : 255;
    });
    const auto filter = trial % 2 == 0 ? ResizeFilter::Bicubic : ResizeFilter::Bilinear;
    const double left = 0.4 * image.width * random.uniform(), right = image.width * (1.0 - 0.4 * random.uniform());
    ResizeWeights across = makeResizeWeights(left, right, image.width, upTo(100), filter);
    if (trial % 5 == 0) mirror(across);
    Image fast = blankImage(static_cast<int>(across.first.size()), image.height, channels), plain = fast;
    loops->across(image, across, fast);
    plainResizeLoops().across(image, across, plain);
    ASSERT_EQ(fast.pixels, plain.pixels) << "across, trial " << trial;

    const ResizeWeights down = makeResizeWeights(0, image.height, image.height, upTo(100), filter);
    const ImageView rows = ImageView(image).part({0, down.begin(), image.width, down.end() - down.begin()});
    fast = plain = blankImage(image.width, static_cast<int>(down.first.size()), channels);
    loops->down(rows, down, fast);
    plainResizeLoops().down(rows, down, plain);
    ASSERT_EQ(fast.pixels, plain.pixels) << "down, trial " << trial;
  }
}

INSTANTIATE_TEST_SUITE_P(All, FastResizeLoops,
                         ::testing::Values(Loops{"AVX2", avx2ResizeLoops}, Loops{"AVX-512", avx512ResizeLoops}),
                         [](const auto& info) { return info.index == 0 ? "Avx2" : "Avx512"; });

TEST(Resize, MirroredIsTheResultFromRightToLeft) {
  Random random(6);
  const auto upTo = [&](int most) { return 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(most))); };
  for (int trial = 0; trial < 100; ++trial) {
    const int channels = trial % 3 == 0 ? 1 : 3;
    const Image image =
        makeImage(upTo(120), upTo(90), channels, [&](int, int, int) { return static_cast<int>(random.below(256)); });
    const int width = trial % 5 == 0 ? image.width : upTo(100), height = upTo(100);
    const Box box{0, 0, 1.0 * image.width, 0.8 * image.height};
    const Image straight = resizeBox(image, width, height, ResizeFilter::Bicubic, box);
    const Image turned = resizeMirrored(image, width, height, box);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        for (int c = 0; c < channels; ++c) {
          ASSERT_EQ(turned.row(y)[(width - 1 - x) * channels + c], straight.row(y)[x * channels + c]) << trial;
        }
      }
    }
  }
}

TEST(Resize, ABoxBetweenPixelsMovesThePicture) {
  const Image ramp = makeImage(40, 4, 1, [](int x, int, int) { return 4 * x; });
  const Image out = resizeBox(ramp, 16, 4, ResizeFilter::Bilinear, {10.5, 0, 26.5, 4});
  for (int x = 0; x < 16; ++x) EXPECT_EQ(out.row(1)[x], 4 * (x + 10) + 2) << x;
  EXPECT_THROW(resizeBox(ramp, 4, 4, ResizeFilter::Bilinear, {0, 0, 40.5, 4}), Error);
}

TEST(Resize, ImpossibleRequestsAreRefused) {
  const Image image = makeImage(8, 8, 1, [](int, int, int) { return 0; });
  EXPECT_THROW(resize(image, 0, 4, ResizeFilter::Bilinear), Error);
  EXPECT_THROW(resize(image, 4, 4, ResizeFilter::Bilinear, {4, 4, 5, 4}), Error);
  EXPECT_THROW(resize(image, 4, 4, ResizeFilter::Bilinear, {-1, 0, 4, 4}), Error);
  EXPECT_THROW(crop(image, {0, 0, 9, 1}), Error);
}

TEST(Resize, TheEvaluationTakesTheReferencesSizes) {
  const PixelSize size = fitShorterSide(500, 375, 256);
  EXPECT_EQ(size.width, 341);
  EXPECT_EQ(size.height, 256);
  EXPECT_EQ(fitShorterSide(375, 500, 256).height, 341);
  // 341 - 224 = 117: half of it is 58.5, which rounds to the even 58.
  const Image wide = makeImage(341, 256, 1, [](int x, int, int) { return x % 256; });
  const Image out = resizeForEvaluation(wide, 224);
  EXPECT_EQ(out.width, 224);
  EXPECT_EQ(out.height, 224);
  EXPECT_EQ(out.pixels[0], 58);
  EXPECT_EQ(resizeForEvaluation(makeImage(28, 28, 1, [](int, int, int) { return 9; }), 28).width, 28);
}

}  // namespace
}  // namespace slab
