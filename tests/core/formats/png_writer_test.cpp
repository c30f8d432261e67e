#include "core/formats/png_writer.h"

#include <zlib.h>

#include <cstdlib>

#include "core/base/rng.h"
#include "core/formats/support.h"

namespace slab {
namespace {

/// A second, slow reading of the format: chunks, CRCs, zlib, then the filters undone byte by byte.
class PlainReader {
 public:
  explicit PlainReader(const std::vector<std::byte>& file) : file_(file) {}

  Image read() {
    at_ = 8;
    std::string packed;
    Image image;
    for (;;) {
      const std::size_t size = number();
      const std::string type = text(4);
      const std::string body = text(size);
      const std::string covered = type + body;
      EXPECT_EQ(number(), crc32(0, reinterpret_cast<const Bytef*>(covered.data()), static_cast<uInt>(covered.size())));
      if (type == "IEND") break;
      if (type == "IDAT") packed += body;
      if (type == "IHDR") {
        image.width = byteOf(body, 2) * 256 + byteOf(body, 3);
        image.height = byteOf(body, 6) * 256 + byteOf(body, 7);
        image.channels = byteOf(body, 9) == 0 ? 1 : byteOf(body, 9) == 2 ? 3 : 4;
      }
    }
    EXPECT_EQ(at_, file_.size());
    unfilter(packed, image);
    return image;
  }

 private:
  static int byteOf(const std::string& text, std::size_t i) { return static_cast<unsigned char>(text[i]); }
  std::string text(std::size_t size) {
    std::string out(reinterpret_cast<const char*>(file_.data()) + at_, size);
    at_ += size;
    return out;
  }
  std::uint32_t number() {
    const std::string raw = text(4);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint32_t>(byteOf(raw, i));
    return value;
  }

  static void unfilter(const std::string& packed, Image& image) {
    const std::size_t rowBytes = image.rowBytes() + 1;
    std::vector<std::uint8_t> lines(rowBytes * static_cast<std::size_t>(image.height));
    uLongf size = lines.size();
    ASSERT_EQ(uncompress(lines.data(), &size, reinterpret_cast<const Bytef*>(packed.data()), packed.size()), Z_OK);
    ASSERT_EQ(size, lines.size());
    image.pixels.resize(image.rowBytes() * static_cast<std::size_t>(image.height));
    const auto step = static_cast<std::size_t>(image.channels);
    for (int y = 0; y < image.height; ++y) {
      const std::uint8_t* line = lines.data() + static_cast<std::size_t>(y) * rowBytes;
      for (std::size_t x = 0; x < image.rowBytes(); ++x) {
        const int a = x >= step ? image.row(y)[x - step] : 0;
        const int b = y > 0 ? image.row(y - 1)[x] : 0;
        const int c = x >= step && y > 0 ? image.row(y - 1)[x - step] : 0;
        const int p = a + b - c;
        const int pa = std::abs(p - a), pb = std::abs(p - b), pc = std::abs(p - c);
        const int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
        const int predictions[] = {0, a, b, (a + b) / 2, paeth};
        image.row(y)[x] = static_cast<std::uint8_t>(line[x + 1] + predictions[line[0]]);
      }
    }
  }

  const std::vector<std::byte>& file_;
  std::size_t at_ = 0;
};

Image testImage(int width, int height, int channels, bool noisy) {
  Image image{width, height, channels, {}};
  image.pixels.resize(image.rowBytes() * static_cast<std::size_t>(height));
  Random random(5);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = noisy ? static_cast<std::uint8_t>(random.next()) : static_cast<std::uint8_t>(i / 3);
  }
  return image;
}

TEST(PngWriter, APlainReaderGetsTheSamePixels) {
  for (const int channels : {1, 3, 4}) {
    for (const auto& [width, height] : {std::pair(1, 1), {7, 5}, {300, 3}, {64, 64}}) {
      for (const bool noisy : {false, true}) {
        const Image image = testImage(width, height, channels, noisy);
        const auto file = encodePng(image);
        const Image read = PlainReader(file).read();
        EXPECT_EQ(read.width, width);
        EXPECT_EQ(read.height, height);
        EXPECT_EQ(read.channels, channels);
        EXPECT_EQ(read.pixels, image.pixels) << width << "x" << height << "x" << channels;
      }
    }
  }
}

TEST(PngWriter, SmoothImagesPackWell) {
  EXPECT_LT(encodePng(testImage(256, 256, 3, false)).size(), 256U * 256U * 3U / 20U);
}

TEST(PngWriter, ImagesThatCantBeWrittenAreRefused) {
  EXPECT_THROW(encodePng(Image{}), Error);
  EXPECT_THROW(encodePng(testImage(2, 2, 2, false)), Error);
  Image torn = testImage(4, 4, 3, false);
  torn.pixels.pop_back();
  EXPECT_THROW(encodePng(torn), Error);
}

}  // namespace
}  // namespace slab
