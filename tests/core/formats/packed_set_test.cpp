#include "core/formats/packed_set.h"

#include "core/base/rng.h"
#include "core/formats/fault_file_system.h"
#include "core/formats/image_codec.h"
#include "core/formats/jpeg_files.h"
#include "core/formats/jpeg_writer.h"
#include "core/formats/support.h"

namespace slab {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::errorOf;
using test::TemporaryDirectory;
using test::toBytes;

std::string textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

PackedRecord recordOf(const std::string& path, std::uint32_t label = 0) {
  PackedRecord record;
  record.path = path;
  record.label = label;
  return record;
}

/// Three shards: two records, one, one.
void writeSmallSet(const std::string& folder, FileSystem& fileSystem = systemFileSystem()) {
  PackedWriter writer(folder, 12, fileSystem);
  writer.add(recordOf("train/cat/1.jpg"), toBytes("first"));
  writer.add(recordOf("train/cat/2.jpg"), toBytes("second record"));
  writer.add(recordOf("train/dog/1.jpg", 1), toBytes("a third record"));
  PackedRecord last = recordOf("val/dog/9.jpg", 1);
  last.part = PackedPart::Validation;
  writer.add(last, toBytes("fourth"));
  writer.commit({"cat", "dog"});
}

PackedIndex smallIndex() {
  PackedIndex index;
  index.classNames = {"cat", "dog"};
  index.shards = {{"shard-00000.bin", 100}};
  index.records = {recordOf("train/cat/1.jpg"), recordOf("train/dog/2.png", 1)};
  index.records[0].bytes = 40;
  index.records[1].offset = 40;
  index.records[1].bytes = 60;
  index.records[1].width = 5;
  index.records[1].height = 4;
  index.records[1].channels = 3;
  return index;
}

TEST(PackedSet, GivesBackWhatWasPacked) {
  const TemporaryDirectory directory;
  const std::string folder = directory.file("packed");
  writeSmallSet(folder + "/");
  ASSERT_TRUE(isPackedSet(folder));
  const PackedSet set(folder);
  ASSERT_EQ(set.index().records.size(), 4U);
  EXPECT_EQ(set.index().classNames, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(set.index().shards.size(), 3U);
  EXPECT_EQ(textOf(set.bytes(0)), "first");
  EXPECT_EQ(textOf(set.bytes(1)), "second record");
  EXPECT_EQ(textOf(set.bytes(2)), "a third record");
  EXPECT_EQ(textOf(set.bytes(3)), "fourth");
  EXPECT_EQ(set.index().records[2].label, 1U);
  EXPECT_EQ(set.index().records[3].path, "val/dog/9.jpg");
  EXPECT_EQ(set.index().records[3].part, PackedPart::Validation);
}

TEST(PackedSet, AnUnfinishedOneLeavesNothingBehind) {
  const TemporaryDirectory directory;
  {
    PackedWriter writer(directory.file("packed"), 4);
    writer.add(recordOf("a"), toBytes("first"));
    writer.add(recordOf("b"), toBytes("second"));
    EXPECT_FALSE(fs::exists(directory.file("packed")));
  }
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST(PackedSet, NothingIsReplaced) {
  const TemporaryDirectory directory;
  fs::create_directory(directory.file("there"));
  EXPECT_TRUE(contains(errorOf([&] { PackedWriter writer(directory.file("there")); }), "exists already"));
}

TEST(PackedSet, EveryFailedCallIsReportedAndLeavesNoSet) {
  for (const int code : {ENOSPC, EIO, EACCES}) {
    for (long call = 0;; ++call) {
      const TemporaryDirectory directory;
      test::FaultFileSystem fileSystem(call, code, true);
      const std::string folder = directory.file("packed");
      bool failed = false;
      try {
        writeSmallSet(folder, fileSystem);
      } catch (const WriteError& error) {
        failed = true;
        EXPECT_EQ(error.code(), code);
      }
      if (!fileSystem.struck()) break;
      // What cannot be synced after it got its name is there all the same, and whole.
      EXPECT_TRUE(failed || isPackedSet(folder)) << call;
      if (isPackedSet(folder)) {
        EXPECT_EQ(textOf(PackedSet(folder).bytes(3)), "fourth") << call;
      }
    }
  }
}

TEST(PackedSet, ACutShardCostsTheImagesBehindTheCutAlone) {
  const TemporaryDirectory directory;
  const std::string folder = directory.file("packed");
  writeSmallSet(folder);
  fs::resize_file(folder + "/shard-00000.bin", 10);
  const PackedSet set(folder);
  EXPECT_EQ(textOf(set.bytes(0)), "first");
  const std::string message = errorOf([&] { static_cast<void>(set.bytes(1)); });
  EXPECT_TRUE(contains(message, "shard-00000.bin") && contains(message, "train/cat/2.jpg") &&
              contains(message, "cut at byte 10 of 18"))
      << message;
  EXPECT_EQ(textOf(set.bytes(2)), "a third record");
}

TEST(PackedSet, AnotherChecksumNamesImageAndShard) {
  const TemporaryDirectory directory;
  const std::string folder = directory.file("packed");
  writeSmallSet(folder);
  test::writeFile(folder + "/shard-00001.bin", std::string_view("a third Record"));
  const PackedSet set(folder);
  for (int again = 0; again < 2; ++again) {
    const std::string message = errorOf([&] { static_cast<void>(set.bytes(2)); });
    EXPECT_TRUE(contains(message, "shard-00001.bin") && contains(message, "train/dog/1.jpg") &&
                contains(message, "checksum"))
        << message;
  }
  EXPECT_EQ(textOf(set.bytes(0)), "first");
}

TEST(PackedSet, AMissingShardAndADamagedIndexAreNamed) {
  const TemporaryDirectory directory;
  const std::string folder = directory.file("packed");
  writeSmallSet(folder);
  fs::rename(folder + "/shard-00002.bin", folder + "/elsewhere");
  EXPECT_TRUE(contains(errorOf([&] { PackedSet set(folder); }), "shard-00002.bin"));
  fs::rename(folder + "/elsewhere", folder + "/shard-00002.bin");
  fs::resize_file(folder + "/" + kPackedIndexName, 60);
  const std::string message = errorOf([&] { PackedSet set(folder); });
  EXPECT_TRUE(contains(message, kPackedIndexName) && contains(message, "cut")) << message;
}

TEST(PackedIndex, ComesBackAsItWas) {
  const PackedIndex index = smallIndex();
  const PackedIndex back = parsePackedIndex(encodePackedIndex(index), "index");
  EXPECT_EQ(back.classNames, index.classNames);
  ASSERT_EQ(back.records.size(), 2U);
  EXPECT_EQ(back.records[1].path, "train/dog/2.png");
  EXPECT_EQ(back.records[1].offset, 40U);
  EXPECT_EQ(back.records[1].channels, 3U);
}

TEST(PackedIndex, EveryCutAndEveryFlippedBitIsRefused) {
  const auto whole = encodePackedIndex(smallIndex());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(parsePackedIndex(std::span(whole).first(size), "index"), Error) << size;
  }
  for (std::size_t i = 0; i < whole.size() * 8; ++i) {
    auto damaged = whole;
    damaged[i / 8] ^= static_cast<std::byte>(1 << i % 8);
    EXPECT_THROW(parsePackedIndex(damaged, "index"), Error) << "bit " << i;
  }
}

TEST(PackedIndex, WhatDoesNotFitTogetherIsRefusedWithItsPath) {
  const std::pair<const char*, std::function<void(PackedIndex&)>> cases[] = {
      {"outside of its shard", [](PackedIndex& i) { i.records[0].offset = 61; }},
      {"outside of its shard", [](PackedIndex& i) { i.records[0].offset = ~std::uint64_t{0}; }},
      {"label 2", [](PackedIndex& i) { i.records[0].label = 2; }},
      {"in shard 1", [](PackedIndex& i) { i.records[0].shard = 1; }},
      {"another size", [](PackedIndex& i) { i.records[1].width = 6; }},
      {"another size", [](PackedIndex& i) { i.records[1].channels = 2; }},
      {"../evil", [](PackedIndex& i) { i.shards[0].name = "../evil"; }},
      {"called ''", [](PackedIndex& i) { i.shards[0].name.clear(); }}};
  for (const auto& [expected, change] : cases) {
    PackedIndex index = smallIndex();
    change(index);
    const std::string message = errorOf([&] { parsePackedIndex(encodePackedIndex(index), "index"); });
    EXPECT_TRUE(contains(message, expected)) << message;
  }
}

TEST(JpegWriter, WritesWhatTheDecoderReads) {
  for (const int channels : {1, 3}) {
    const Image image = test::makeImage(61, 47, channels, [](int x, int y, int c) { return 40 * c + x + 2 * y; });
    const Image back = decodeImage(encodeJpeg(image, 95), "x.jpg", {.color = ColorMode::Stored});
    ASSERT_EQ(back.channels, channels);
    double sum = 0;
    for (std::size_t i = 0; i < image.pixels.size(); ++i) sum += std::abs(image.pixels[i] - back.pixels[i]);
    EXPECT_LT(sum / static_cast<double>(image.pixels.size()), 2.0);
  }
  const Image image = test::makeImage(64, 64, 3, [](int x, int y, int) { return (x * y) % 256; });
  EXPECT_LT(encodeJpeg(image, 30).size(), encodeJpeg(image, 90).size());
  EXPECT_THROW(encodeJpeg(test::makeImage(4, 4, 4, [](int, int, int) { return 0; }), 90), Error);
  EXPECT_THROW(encodeJpeg(Image{}, 90), Error);
}

}  // namespace
}  // namespace slab
