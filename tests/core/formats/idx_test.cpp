#include "core/formats/idx.h"

#include <zlib.h>

#include <numeric>

#include "core/formats/support.h"

namespace slab {
namespace {

using test::contains;
using test::errorOf;
using test::toBytes;

std::string idxText(const std::vector<std::uint32_t>& shape, std::size_t values) {
  std::string text("\0\0\x08", 3);
  text += static_cast<char>(shape.size());
  for (const std::uint32_t dimension : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(dimension >> shift);
  }
  for (std::size_t i = 0; i < values; ++i) text += static_cast<char>(i * 7);
  return text;
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Idx, PlainAndGzippedFilesGiveTheSameArray) {
  const std::string plain = idxText({3, 4, 5}, 60);
  for (const std::string& file : {plain, gzip(plain)}) {
    const IdxArray array = parseIdx(toBytes(file), "x");
    EXPECT_EQ(array.shape, (std::vector<std::int64_t>{3, 4, 5}));
    ASSERT_EQ(array.values.size(), 60U);
    EXPECT_EQ(array.values[59], static_cast<std::uint8_t>(59 * 7));
  }
}

TEST(Idx, EveryCutIsRefusedByName) {
  for (const std::string& whole : {idxText({2, 3}, 6), gzip(idxText({2, 3}, 6))}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string message =
          errorOf([&] { parseIdx(toBytes(whole.substr(0, size)), "train-images-idx3-ubyte.gz"); });
      EXPECT_TRUE(contains(message, "train-images-idx3-ubyte.gz")) << message;
    }
  }
}

TEST(Idx, AnotherTypeTooManyValuesAndTooLargeShapesAreRefused) {
  std::string floats = idxText({2}, 2);
  floats[2] = 0x0D;
  EXPECT_TRUE(contains(errorOf([&] { parseIdx(toBytes(floats), "x"); }), "unsigned bytes"));
  EXPECT_TRUE(contains(errorOf([&] { parseIdx(toBytes(idxText({2}, 3)), "x"); }), "more values"));
  EXPECT_TRUE(contains(errorOf([&] { parseIdx(toBytes(idxText({0xFFFFFFFF, 0xFFFFFFFF}, 0)), "x"); }), "limit"));
  EXPECT_TRUE(contains(errorOf([&] { parseIdx(toBytes(idxText({1000}, 1000)), "x", 999); }), "limit"));
}

TEST(Idx, AClaimOfAGigabyteInASmallFileIsRefusedWithoutTakingTheMemory) {
  EXPECT_TRUE(contains(errorOf([&] { parseIdx(toBytes(idxText({1U << 30}, 10)), "x"); }), "it holds 10 values"));
}

TEST(Idx, ADamagedGzipStreamIsRefused) {
  std::string file = gzip(idxText({64}, 64));
  file[file.size() - 5] = static_cast<char>(file[file.size() - 5] ^ 0x55);
  EXPECT_TRUE(contains(errorOf([&] { parseIdx(toBytes(file), "x"); }), "gzip"));
}

}  // namespace
}  // namespace slab
