#include "core/sandbox/sandboxed_decoder.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/formats/jpeg_files.h"
#include "core/formats/other_decoder.h"
#include "core/formats/png_writer.h"
#include "core/formats/support.h"

namespace slab::sandbox {
namespace {

using test::contains;

class Sandbox : public testing::Test {
 protected:
  Decoded decode(SandboxedDecoder& decoder, std::span<const std::byte> content, int thumbnail = 0) {
    const std::string path = folder_.file("image");
    test::writeFile(path, content);
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const Decoded decoded = decoder.decode(file, content.size(), thumbnail);
    ::close(file);
    return decoded;
  }

  test::TemporaryDirectory folder_;
};

Image chequered(int width, int height, int channels) {
  return test::makeImage(width, height, channels, [](int x, int y, int c) { return (x + y + c) % 2 * 200 + 20; });
}

TEST_F(Sandbox, SaysWhatAGoodFileIsAndMakesASmallCopy) {
  SandboxedDecoder decoder;
  const Decoded plain = decode(decoder, test::encodeJpeg(chequered(64, 32, 3)));
  EXPECT_FALSE(plain.fault) << plain.cause;
  EXPECT_EQ(plain.format, ImageFormat::Jpeg);
  EXPECT_EQ(plain.width, 64);
  EXPECT_EQ(plain.height, 32);
  EXPECT_TRUE(plain.thumbnail.empty());
  const Decoded small = decode(decoder, test::encodeJpeg(chequered(64, 32, 3)), 16);
  EXPECT_EQ(small.thumbnail.width, 16);
  EXPECT_EQ(small.thumbnail.height, 8);
  EXPECT_EQ(small.thumbnail.pixels.size(), 16U * 8U * 3U);
  EXPECT_EQ(decoder.lost(), 0);
}

TEST_F(Sandbox, EveryKindOfGoodImageDecodesUnderConfinement) {
  SandboxedDecoder decoder;
  test::JpegOptions progressive;
  progressive.progressive = true;
  progressive.samplesAcross = progressive.samplesDown = 2;
  for (const int channels : {1, 3, 4}) {
    const Image image = chequered(40, 24, channels);
    EXPECT_FALSE(decode(decoder, test::encodeJpeg(image)).fault);
    EXPECT_FALSE(decode(decoder, test::encodeJpeg(image, progressive)).fault);
    if (!hasOtherFormats()) continue;
    const Decoded png = decode(decoder, encodePng(image));
    EXPECT_FALSE(png.fault) << png.cause;
    EXPECT_EQ(png.format, ImageFormat::Png);
  }
}

TEST_F(Sandbox, AFaultComesBackWithKindCauseAndByte) {
  SandboxedDecoder decoder;
  auto whole = test::encodeJpeg(chequered(64, 64, 3));
  const Decoded cut = decode(decoder, std::span(whole).first(whole.size() / 2));
  EXPECT_EQ(cut.fault, ImageFault::Cut);
  EXPECT_EQ(cut.offset, static_cast<std::int64_t>(whole.size() / 2));
  EXPECT_TRUE(contains(cut.cause, "premature end")) << cut.cause;
  EXPECT_EQ(decode(decoder, {}).fault, ImageFault::Empty);
  EXPECT_EQ(decode(decoder, test::toBytes("some words")).fault, ImageFault::NotAnImage);
  EXPECT_EQ(decoder.lost(), 0);
}

TEST_F(Sandbox, ThisKernelConfinesItWholly) {
  SandboxedDecoder decoder;
  EXPECT_FALSE(decoder.hasStarted());
  decode(decoder, test::toBytes("x"));
  ASSERT_TRUE(decoder.hasStarted());
  EXPECT_NE(decoder.confinement().seccomp, 0);
  if (decoder.confinement().landlock == 0) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_TRUE(contains(describe(decoder.confinement()), "Landlock ABI"));
}

TEST(Confinement, WhatIsMissingIsSaid) {
  EXPECT_TRUE(contains(describe({0, 1}), "no Landlock"));
  EXPECT_TRUE(contains(describe({3, 0}), "no system call filter"));
  EXPECT_TRUE(contains(describe({0, 0}), "limits of memory and time only"));
  EXPECT_TRUE((Confinement{1, 1}.isWhole()));
}

TEST_F(Sandbox, AMissingProgramIsAnErrorWithItsName) {
  DecoderOptions options;
  options.program = "/nowhere/slab-decode";
  SandboxedDecoder decoder(options);
  const std::string message = test::errorOf([&] { decode(decoder, test::toBytes("x")); });
  EXPECT_TRUE(contains(message, "/nowhere/slab-decode")) << message;
}

struct Deed {
  const char* wish;
  ImageFault fault;
  const char* cause;
  bool takesTheProcess;
};

class HostileImage : public Sandbox, public testing::WithParamInterface<Deed> {};

// Each deed costs its own image and no other.
TEST_P(HostileImage, CostsOneImage) {
  DecoderOptions options;
  options.program = SLAB_HOSTILE_DECODER;
  options.memoryBytes = std::uint64_t{1} << 30;
  options.cpuSeconds = 1;
  SandboxedDecoder decoder(options);
  const Deed& deed = GetParam();
  const Decoded decoded = decode(decoder, test::toBytes(deed.wish));
  EXPECT_EQ(decoded.fault, deed.fault) << toString(*decoded.fault) << ": " << decoded.cause;
  EXPECT_TRUE(contains(decoded.cause, deed.cause)) << decoded.cause;
  EXPECT_EQ(decoder.lost(), deed.takesTheProcess ? 1 : 0);
  EXPECT_TRUE(contains(decode(decoder, test::toBytes("well")).cause, "survived 'well'"));
}

INSTANTIATE_TEST_SUITE_P(Deeds, HostileImage,
                         testing::Values(Deed{"segfault", ImageFault::Crashed, "Segmentation fault", true},
                                         Deed{"abort", ImageFault::Crashed, "Aborted", true},
                                         Deed{"wild write", ImageFault::Crashed, "Segmentation fault", true},
                                         Deed{"exit", ImageFault::Crashed, "without a verdict", true},
                                         Deed{"loop", ImageFault::Endless, "1 s of processor time", true},
                                         Deed{"memory", ImageFault::TooLarge, "1024 MiB", false},
                                         Deed{"nonsense", ImageFault::Crashed, "killed", true},
                                         Deed{"open", ImageFault::Damaged, "Permission denied", false},
                                         Deed{"create", ImageFault::Damaged, "Permission denied", false},
                                         Deed{"socket", ImageFault::Forbidden, "forbids", true},
                                         Deed{"unlink", ImageFault::Forbidden, "forbids", true},
                                         Deed{"exec", ImageFault::Forbidden, "forbids", true},
                                         Deed{"fork", ImageFault::Forbidden, "forbids", true},
                                         Deed{"kill", ImageFault::Forbidden, "forbids", true},
                                         Deed{"signal another", ImageFault::Forbidden, "forbids", true},
                                         Deed{"executable memory", ImageFault::Forbidden, "forbids", true}),
                         [](const auto& info) {
                           std::string name = info.param.wish;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

}  // namespace
}  // namespace slab::sandbox
