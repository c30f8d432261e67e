#include "core/wire/frame.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/rng.h"

namespace slab {
namespace {

std::vector<Frame> someFrames() {
  std::vector<Frame> frames = {{"", {}}, {"{}", {}}, {"", {0, 1, 2}}, {std::string(70'000, 'x'), {}}};
  Frame large{R"({"type":"attention_map"})", std::vector<std::uint8_t>(300'000)};
  for (std::size_t i = 0; i < large.payload.size(); ++i) large.payload[i] = static_cast<std::uint8_t>(i * 7);
  frames.push_back(large);
  frames.push_back({"last", {9}});
  return frames;
}

TEST(FrameDecoder, PutsFramesTogetherFromAnyPieces) {
  std::vector<std::uint8_t> stream;
  for (const Frame& frame : someFrames()) {
    const auto bytes = encodeFrame(frame);
    stream.insert(stream.end(), bytes.begin(), bytes.end());
  }
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Random random(seed);
    FrameDecoder decoder;
    std::vector<Frame> received;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t limit = seed % 3 == 0 ? 7 + random.below(60) : 90'000;
      const std::size_t n = std::min<std::size_t>(1 + random.below(limit), stream.size() - at);
      decoder.feed(stream.data() + at, n);
      at += n;
      while (auto frame = decoder.next()) received.push_back(std::move(*frame));
    }
    const auto expected = someFrames();
    ASSERT_EQ(received.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(received[i].header, expected[i].header);
      EXPECT_EQ(received[i].payload, expected[i].payload);
    }
    EXPECT_EQ(decoder.buffered(), 0U);
  }
}

TEST(FrameDecoder, WaitsForTheLastByte) {
  const auto bytes = encodeFrame({"{}", {1, 2, 3}});
  FrameDecoder decoder;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(decoder.next());
    decoder.feed(&bytes[i], 1);
  }
  EXPECT_TRUE(decoder.next());
}

TEST(FrameDecoder, RefusesLengthsOverTheCaps) {
  const std::uint8_t long_header[12] = {0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0};
  const std::uint8_t long_payload[12] = {2, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
  for (const auto* bytes : {long_header, long_payload}) {
    FrameDecoder decoder;
    decoder.feed(bytes, 12);
    EXPECT_THROW(decoder.next(), Error);
  }
}

TEST(FrameEncoder, RefusesAHeaderOverTheCap) {
  EXPECT_THROW(encodeFrame({std::string(kMaxHeaderBytes + 1, ' '), {}}), Error);
}

}  // namespace
}  // namespace slab
