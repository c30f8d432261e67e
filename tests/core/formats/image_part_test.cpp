// A part of a JPEG on its own against the same part of the whole.
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <span>

#include "core/base/rng.h"
#include "core/formats/image_codec.h"
#include "core/formats/jpeg_files.h"
#include "core/formats/other_decoder.h"
#include "core/formats/png_writer.h"
#include "core/formats/resize.h"
#include "core/formats/support.h"

namespace slab {
namespace {

using test::contains;
using test::encodeJpeg;
using test::errorOf;
using test::JpegOptions;
using test::makeImage;

/// Edges, gradients and coloured noise.
Image scene(int width, int height, int channels) {
  Random random(5);
  Image image = makeImage(width, height, channels, [&](int x, int y, int c) {
    const double wave = 60 * std::sin(x * 0.11 + 0.6 * c) * std::cos(y * 0.07);
    const bool inside = (x - width / 3) * (x - width / 3) + (y - height / 2) * (y - height / 2) < height * height / 9;
    return std::clamp(static_cast<int>(120 + wave + (inside ? 70 - 40 * c : 0) + random.uniform() * 12), 0, 255);
  });
  return image;
}

Rect anyRegion(Random& random, int width, int height) {
  const auto below = [&](int bound) { return static_cast<int>(random.below(static_cast<std::uint64_t>(bound))); };
  const int w = 1 + below(width), h = 1 + below(height);
  return {below(width - w + 1), below(height - h + 1), w, h};
}

struct Encoding {
  const char* name;
  JpegOptions options;
  int channels;
};

std::vector<Encoding> encodings() {
  return {{"4:4:4", {.quality = 90}, 3},
          {"4:2:0", {.quality = 90, .samplesAcross = 2, .samplesDown = 2}, 3},
          {"4:2:2", {.quality = 90, .samplesAcross = 2}, 3},
          {"4:4:0", {.quality = 90, .samplesDown = 2}, 3},
          {"4:1:1", {.quality = 90, .samplesAcross = 4}, 3},
          {"progressive", {.quality = 90, .progressive = true, .samplesAcross = 2, .samplesDown = 2}, 3},
          {"restarts", {.quality = 90, .samplesAcross = 2, .samplesDown = 2, .restartEvery = 7}, 3},
          {"grey", {.quality = 90}, 1},
          {"cmyk", {.quality = 90}, 4}};
}

TEST(ImagePart, AnUnreducedPartHasThePixelsOfTheWhole) {
  Random random(1);
  for (const Encoding& encoding : encodings()) {
    for (const auto& [width, height] : {std::pair(123, 94), {64, 48}, {17, 300}, {1, 1}}) {
      const auto file = encodeJpeg(scene(width, height, encoding.channels), encoding.options);
      const Image whole = decodeImage(file, "x.jpg");
      for (int trial = 0; trial < 60; ++trial) {
        const Rect region = anyRegion(random, width, height);
        const DecodedPart part = decodePart(file, "x.jpg", region, 1000, 1000);
        ASSERT_EQ(part.image.pixels, crop(whole, region).pixels)
            << encoding.name << ": " << region.width << " x " << region.height << " at " << region.x << ", "
            << region.y;
        EXPECT_EQ(part.box.left, 0);
        EXPECT_EQ(part.box.right, region.width);
      }
    }
  }
}

/// Mean absolute difference of a reduced part, resized, to the same of the whole image.
double meanDifference(const Image& whole, const DecodedPart& part, const Rect& region, int size) {
  const Image exact = resize(crop(whole, region), size, size, ResizeFilter::Bicubic);
  const Image fast = resizeBox(part.image, size, size, ResizeFilter::Bicubic, part.box);
  double sum = 0;
  for (std::size_t i = 0; i < exact.pixels.size(); ++i) sum += std::abs(exact.pixels[i] - fast.pixels[i]);
  return sum / static_cast<double>(exact.pixels.size());
}

TEST(ImagePart, AReducedPartIsWithinTwoLevelsOnAverageOnceItIsResized) {
  Random random(2);
  const int width = 611, height = 457, size = 48;
  for (const Encoding& encoding : encodings()) {
    const auto file = encodeJpeg(scene(width, height, encoding.channels), encoding.options);
    const Image whole = decodeImage(file, "x.jpg");
    bool halved = false, quartered = false;
    for (int trial = 0; trial < 40; ++trial) {
      const Rect region = anyRegion(random, width, height);
      const DecodedPart part = decodePart(file, "x.jpg", region, size, size);
      if (part.image.width == region.width) continue;
      (part.image.width < region.width / 3 ? quartered : halved) = true;
      EXPECT_LE(meanDifference(whole, part, region, size), 2.0) << encoding.name;
    }
    const bool isCoarse = encoding.options.samplesAcross > 2;
    EXPECT_EQ(halved && quartered, !isCoarse) << encoding.name;
  }
}

TEST(ImagePart, APartIsReducedOnlyWhereItStaysAtLeastTheTarget) {
  const auto file = encodeJpeg(scene(400, 300, 3));
  const auto widthFor = [&](const Rect& region, int target) {
    return decodePart(file, "x.jpg", region, target, target).image.width;
  };
  EXPECT_EQ(widthFor({0, 0, 199, 200}, 100), 199);
  EXPECT_EQ(widthFor({0, 0, 200, 200}, 100), 100);
  EXPECT_EQ(widthFor({1, 1, 200, 200}, 100), 101) << "both edges within a reduced pixel";
  EXPECT_EQ(widthFor({0, 0, 399, 299}, 75), 200);
  EXPECT_EQ(widthFor({0, 0, 400, 300}, 75), 100);
  EXPECT_EQ(widthFor({0, 0, 400, 300}, 10), 100) << "never below a quarter";
}

TEST(ImagePart, DamageOutsideOfThePartIsFoundAllTheSame) {
  Random random(3);
  for (const bool progressive : {false, true}) {
    const auto whole = encodeJpeg(scene(96, 80, 3), {.progressive = progressive, .samplesAcross = 2, .samplesDown = 2});
    const auto isRefused = [&](const std::vector<std::byte>& file, const auto& decode) {
      try {
        decode(file);
        return false;
      } catch (const Error&) {
        return true;
      }
    };
    const auto asWhole = [](const auto& file) { decodeImage(file, "x.jpg"); };
    const auto asPart = [](const auto& file) { decodePart(file, "x.jpg", {40, 8, 16, 16}, 16, 16); };
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_TRUE(isRefused(cut, asPart)) << size;
    }
    int refused = 0;
    for (int trial = 0; trial < 1500; ++trial) {
      auto damaged = whole;
      damaged[20 + random.below(whole.size() - 20)] ^= static_cast<std::byte>(1 + random.below(255));
      bool isInside = true;  // the header may say another size
      try {
        const ImageInfo info = probeImage(damaged, "x.jpg");
        isInside = info.width >= 56 && info.height >= 24;
      } catch (const Error&) {
      }
      if (!isInside) continue;
      refused += isRefused(damaged, asWhole) ? 1 : 0;
      EXPECT_EQ(isRefused(damaged, asPart), isRefused(damaged, asWhole)) << trial;
    }
    EXPECT_GT(refused, 50);
  }
}

TEST(ImagePart, OtherFormatsAndColoursGiveTheSamePart) {
  const Image image = scene(40, 30, 3);
  const Rect region{3, 4, 20, 11};
  if (hasOtherFormats()) {
    const auto file = encodePng(image);
    EXPECT_EQ(decodePart(file, "x.png", region, 5, 5).image.pixels, crop(image, region).pixels);
  }
  const auto grey = decodePart(encodeJpeg(image), "x.jpg", region, 20, 11, {.color = ColorMode::Grey}).image;
  EXPECT_EQ(grey.channels, 1);
  EXPECT_EQ(grey.width, 20);
}

// Found by the fuzzer: components sampled 2 x 2, 1 x 4 and 1 x 4.
TEST(ImagePart, RowsOfAnUnusualSamplingArePassedOverInTime) {
  constexpr std::array<unsigned char, 246> kFile{
      0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, 0x4a, 0x46, 0x49, 0x46, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0xff, 0xe1, 0x00, 0x22, 0x45, 0x78, 0x69, 0x66, 0x00, 0x00, 0x49, 0x49, 0x2a, 0x00, 0x08, 0x00, 0x00, 0x00,
      0x01, 0x00, 0x12, 0x01, 0x03, 0x00, 0x01, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xa8, 0x4f,
      0x28, 0x4f, 0xff, 0xc0, 0x00, 0x11, 0x08, 0x00, 0x2c, 0x00, 0x0c, 0x03, 0x11, 0x22, 0x00, 0x02, 0x14, 0x01, 0x02,
      0x14, 0x00, 0xff, 0xdb, 0x00, 0x43, 0x00, 0x02, 0x01, 0x01, 0x01, 0x01, 0x01, 0x02, 0x01, 0x01, 0x01, 0x02, 0x02,
      0x02, 0x02, 0x02, 0x04, 0x03, 0x02, 0x02, 0x02, 0x02, 0x05, 0x04, 0x04, 0x03, 0x04, 0x06, 0x05, 0x06, 0x06, 0x06,
      0x05, 0x06, 0x06, 0x06, 0x07, 0x09, 0x08, 0x06, 0x07, 0x09, 0x07, 0x06, 0x06, 0x08, 0x0b, 0x08, 0x09, 0x0a, 0x0a,
      0x0a, 0x0a, 0x0a, 0x06, 0x08, 0x0b, 0x0c, 0x0b, 0x0a, 0x0c, 0x09, 0x0a, 0x0a, 0x0a, 0xff, 0xdb, 0x00, 0x43, 0x01,
      0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x05, 0x03, 0x03, 0x05, 0x0a, 0x07, 0x06, 0x07, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a,
      0x0a, 0x0a, 0x0a, 0x0a, 0xb2, 0xb0, 0xb0, 0xa8, 0x4f, 0x28, 0x4f, 0xff, 0xc0, 0x00, 0x11, 0x08, 0x00, 0x01, 0x00,
      0x0c, 0x03, 0x11, 0x22, 0x00, 0x02, 0x14, 0x01, 0x02, 0x14, 0x01, 0x03, 0x11, 0x01, 0x7f, 0xc4, 0x00, 0x1f, 0x00,
      0x00, 0x01, 0xf0, 0x10, 0x31, 0x61, 0x91, 0x2c, 0xff, 0xda, 0x00, 0x08, 0x01, 0x02, 0x01, 0xff, 0xc4, 0x00, 0x1b,
      0x11, 0x10, 0x01, 0x05, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xd9, 0x76, 0xa0, 0x0f, 0xff, 0xd9};
  const auto bytes = std::as_bytes(std::span(kFile));
  const Image whole = decodeImage(bytes, "a.jpg");
  const Rect region{whole.width / 3, whole.height / 3, (whole.width + 2) / 3, (whole.height + 2) / 3};
  const DecodedPart part = decodePart(bytes, "a.jpg", region, region.width, region.height);
  EXPECT_EQ(part.image.pixels, crop(whole, region).pixels);
}

TEST(ImagePart, ARegionOutsideOfTheImageIsRefused) {
  const auto file = encodeJpeg(scene(40, 30, 3));
  for (const Rect& region : {Rect{-1, 0, 4, 4}, {0, 0, 41, 4}, {39, 29, 1, 2}, {0, 0, 0, 3}}) {
    EXPECT_TRUE(contains(errorOf([&] { decodePart(file, "x.jpg", region, 4, 4); }), "outside"));
  }
}

}  // namespace
}  // namespace slab
