#include "core/formats/image_codec.h"

#include <cstdlib>

#include "core/base/rng.h"
#include "core/formats/jpeg_decoder.h"
#include "core/formats/jpeg_files.h"
#include "core/formats/other_decoder.h"
#include "core/formats/png_writer.h"
#include "core/formats/support.h"

namespace slab {
namespace {

using test::contains;
using test::encodeJpeg;
using test::errorOf;
using test::JpegOptions;
using test::makeImage;

Image gradient(int width, int height, int channels) {
  return makeImage(width, height, channels,
                   [=](int x, int y, int c) { return (c * 30 + x * 100 / width + y * 60 / height); });
}

int largestDifference(const Image& a, const Image& b) {
  EXPECT_EQ(a.pixels.size(), b.pixels.size());
  int largest = 0;
  for (std::size_t i = 0; i < std::min(a.pixels.size(), b.pixels.size()); ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return largest;
}

TEST(ImageCodec, JpegsComeBackInTheColoursAskedFor) {
  for (const bool progressive : {false, true}) {
    JpegOptions options;
    options.progressive = progressive;
    for (const int channels : {1, 3}) {
      const Image image = gradient(61, 43, channels);
      const auto file = encodeJpeg(image, options);
      const Image stored = decodeImage(file, "x.jpg", {.color = ColorMode::Stored});
      EXPECT_EQ(stored.channels, channels);
      EXPECT_LE(largestDifference(stored, image), 6);
      EXPECT_EQ(decodeImage(file, "x.jpg", {.color = ColorMode::Rgb}).channels, 3);
      EXPECT_EQ(decodeImage(file, "x.jpg", {.color = ColorMode::Grey}).channels, 1);
      const ImageInfo info = probeImage(file, "x.jpg");
      EXPECT_EQ(info.width, 61);
      EXPECT_EQ(info.height, 43);
      EXPECT_EQ(info.channels, channels);
    }
  }
}

TEST(ImageCodec, CmykBecomesTheRgbOfAPrint) {
  // Inverted CMYK as Adobe stores it: full light is 255. No ink is white, all ink is black, cyan
  // ink alone takes the red away, and half of black halves the rest.
  const int pixels[4][4] = {{255, 255, 255, 255}, {0, 0, 0, 0}, {0, 255, 255, 255}, {255, 255, 255, 128}};
  const int expected[4][3] = {{255, 255, 255}, {0, 0, 0}, {0, 255, 255}, {128, 128, 128}};
  for (int i = 0; i < 4; ++i) {
    const auto file = encodeJpeg(makeImage(16, 16, 4, [&](int, int, int c) { return pixels[i][c]; }), {.quality = 100});
    const Image image = decodeImage(file, "x.jpg");
    ASSERT_EQ(image.channels, 3);
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(image.pixels[static_cast<std::size_t>(c)], expected[i][c], 2) << i;
  }
}

TEST(ImageCodec, GreyOfAColourIsPilsLuma) {
  const auto file = encodeJpeg(makeImage(8, 8, 3, [](int, int, int c) { return c == 1 ? 255 : 0; }), {.quality = 100});
  EXPECT_NEAR(decodeImage(file, "x.jpg", {.color = ColorMode::Grey}).pixels[0], 150, 2);
}

TEST(ImageCodec, EveryCutOfAJpegIsAnErrorThatNamesFileAndByte) {
  for (const bool progressive : {false, true}) {
    JpegOptions options;
    options.progressive = progressive;
    const auto whole = encodeJpeg(gradient(80, 60, 3), options);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string message = errorOf([&] { decodeImage(std::span(whole).first(size), "cut.jpg"); });
      EXPECT_TRUE(contains(message, "cut.jpg")) << size << ": " << message;
      EXPECT_TRUE(size == 0 || contains(message, "byte") || contains(message, "first bytes"))
          << size << ": " << message;
    }
  }
}

TEST(ImageCodec, APrematureEndSaysSo) {
  const auto whole = encodeJpeg(gradient(200, 200, 3));
  const std::string message = errorOf([&] { decodeImage(std::span(whole).first(whole.size() / 2), "half.jpg"); });
  EXPECT_TRUE(contains(message, "half.jpg can't be decoded: at byte " + std::to_string(whole.size() / 2))) << message;
  EXPECT_TRUE(contains(message, "cut")) << message;
}

TEST(ImageCodec, RandomDamageNeverCrashesAndAMarkerInTheDataIsFound) {
  Random random(11);
  const auto whole = encodeJpeg(gradient(64, 64, 3), {.progressive = true});
  for (int trial = 0; trial < 2000; ++trial) {
    auto damaged = whole;
    for (int flips = 0; flips < 3; ++flips)
      damaged[random.below(damaged.size())] ^= static_cast<std::byte>(1 + random.below(255));
    try {
      decodeImage(damaged, "x.jpg");
    } catch (const Error&) {
    }
  }
  auto ended = whole;
  ended[whole.size() / 2] = std::byte{0xFF};
  ended[whole.size() / 2 + 1] = std::byte{0xD9};
  EXPECT_THROW(decodeImage(ended, "x.jpg"), Error);
}

TEST(ImageCodec, PixelFileScanAndMemoryLimitsAreKept) {
  const auto file = encodeJpeg(gradient(100, 100, 3), {.progressive = true});
  const auto with = [](auto change) {
    DecodeOptions options;
    change(options.limits);
    return options;
  };
  EXPECT_NO_THROW(decodeImage(file, "x.jpg"));
  EXPECT_TRUE(
      contains(errorOf([&] { decodeImage(file, "x.jpg", with([](auto& l) { l.maxPixels = 9'999; })); }), "pixels"));
  EXPECT_TRUE(contains(errorOf([&] { decodeImage(file, "x.jpg", with([](auto& l) { l.maxScans = 3; })); }), "scans"));
  EXPECT_TRUE(contains(errorOf([&] { decodeImage(file, "x.jpg", with([](auto& l) { l.maxScannedPixels = 30'000; })); }),
                       "scans"));
  EXPECT_TRUE(
      contains(errorOf([&] { decodeImage(file, "x.jpg", with([](auto& l) { l.maxFileBytes = 100; })); }), "limit"));
  EXPECT_THROW(decodeImage(file, "x.jpg", with([](auto& l) { l.maxDecoderBytes = 20'000; })), Error);
}

TEST(ImageCodec, AHeaderOf64kBy64kIsRefusedAtOnce) {
  auto file = encodeJpeg(gradient(16, 16, 3));
  for (std::size_t i = 0; i + 8 < file.size(); ++i) {
    if (file[i] != std::byte{0xFF} || file[i + 1] != std::byte{0xC0}) continue;
    for (std::size_t at = i + 5; at < i + 9; ++at) file[at] = std::byte{0xFF};
    break;
  }
  EXPECT_TRUE(contains(errorOf([&] { decodeImage(file, "bomb.jpg"); }), "65535 x 65535"));
}

/// An EXIF block with an orientation, little or big endian.
std::vector<unsigned char> exif(int orientation, bool little) {
  const auto o = static_cast<unsigned char>(orientation);
  std::vector<unsigned char> block{'E', 'x', 'i', 'f', 0, 0};
  const std::vector<unsigned char> ii{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3,
                                      0,   1,   0,  0, 0, o, 0, 0, 0, 0, 0,    0, 0};
  const std::vector<unsigned char> mm{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0,
                                      3,   0,   0, 0,  1, 0, o, 0, 0, 0, 0, 0,    0};
  const auto& tiff = little ? ii : mm;
  block.insert(block.end(), tiff.begin(), tiff.end());
  return block;
}

TEST(ImageCodec, ExifOrientationIsIgnoredUnlessAskedFor) {
  const Image image = makeImage(32, 16, 1, [](int x, int, int) { return x < 16 ? 0 : 255; });
  for (const bool little : {true, false}) {
    JpegOptions options;
    options.app1 = exif(6, little);
    const auto file = encodeJpeg(image, options);
    EXPECT_EQ(decodeImage(file, "x.jpg").width, 32);
    const Image upright = decodeImage(file, "x.jpg", {.color = ColorMode::Stored, .applyExifOrientation = true});
    EXPECT_EQ(upright.width, 16);
    EXPECT_EQ(upright.height, 32);
    // Turned clockwise by a quarter, the dark left half is on top.
    EXPECT_LT(upright.row(0)[8], 20);
    EXPECT_GT(upright.row(31)[8], 235);
  }
}

TEST(ImageCodec, OrientationsCompose) {
  const Image image = makeImage(3, 2, 1, [](int x, int y, int) { return 10 * y + x; });
  // The picture 0 1 2 / 10 11 12, as the EXIF standard shows it for each value.
  const std::pair<int, std::vector<int>> expected[] = {
      {1, {0, 1, 2, 10, 11, 12}}, {2, {2, 1, 0, 12, 11, 10}}, {3, {12, 11, 10, 2, 1, 0}}, {4, {10, 11, 12, 0, 1, 2}},
      {5, {0, 10, 1, 11, 2, 12}}, {6, {10, 0, 11, 1, 12, 2}}, {7, {12, 2, 11, 1, 10, 0}}, {8, {2, 12, 1, 11, 0, 10}}};
  for (const auto& [orientation, pixels] : expected) {
    const Image out = applyOrientation(image, orientation);
    EXPECT_EQ(std::vector<int>(out.pixels.begin(), out.pixels.end()), pixels) << orientation;
    EXPECT_EQ(out.width, orientation >= 5 ? 2 : 3);
  }
}

TEST(ImageCodec, CutExifBlocksMeanUpright) {
  auto block = exif(6, true);
  const auto whole = std::as_bytes(std::span(block));
  EXPECT_EQ(exifOrientation(whole), 6);
  for (std::size_t size = 0; size < 26; ++size) EXPECT_EQ(exifOrientation(whole.first(size)), 1) << size;
}

TEST(ImageCodec, PngsAreReadWhereOpenCvIsBuiltInAndExplainedWhereNot) {
  const auto image = gradient(33, 21, 3);
  const auto file = encodePng(image);
  if (!hasOtherFormats()) {
    EXPECT_TRUE(contains(errorOf([&] { decodeImage(file, "x.png"); }), "OpenCV"));
    EXPECT_FALSE(isImageName("x.png"));
    return;
  }
  EXPECT_EQ(decodeImage(file, "x.png").pixels, image.pixels);
  const auto grey = gradient(9, 5, 1);
  EXPECT_EQ(decodeImage(encodePng(grey), "x.png", {.color = ColorMode::Stored}).pixels, grey.pixels);
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::string message = errorOf([&] { decodeImage(std::span(file).first(size), "cut.png"); });
    EXPECT_TRUE(contains(message, "cut.png")) << message;
  }
  auto damaged = file;
  damaged[60] ^= std::byte{1};
  const std::string message = errorOf([&] { decodeImage(damaged, "bad.png"); });
  EXPECT_TRUE(contains(message, "checksum") && contains(message, "byte 33")) << message;
}

TEST(ImageCodec, FilesThatAreNoImagesAreRefusedByName) {
  for (const std::string& text :
       {std::string(), std::string("hello"), std::string("GIF89a"), std::string("\xFF\xD8\xFF"),
        std::string("P6 0 0 255\n"), std::string("BM"), std::string("RIFF....WEBPVP8 ")}) {
    EXPECT_TRUE(contains(errorOf([&] { decodeImage(test::toBytes(text), "odd.jpg"); }), "odd.jpg")) << text;
  }
  EXPECT_TRUE(isImageName("A.JPEG"));
  EXPECT_FALSE(isImageName("notes.txt"));
  EXPECT_FALSE(isImageName("jpg"));
}

}  // namespace
}  // namespace slab
