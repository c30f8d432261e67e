#include "core/formats/safetensors.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "core/formats/support.h"

namespace slab {
namespace {

using test::contains;
using test::errorOf;
using test::TemporaryDirectory;
using test::toBytes;

/// A file with this header text, padded to nothing, and this many zero bytes of data.
std::vector<std::byte> fileWith(const std::string& header, std::size_t dataBytes) {
  std::string text(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) text[i] = static_cast<char>(header.size() >> (8 * i));
  return toBytes(text + header + std::string(dataBytes, '\0'));
}

std::string refusalOf(const std::string& header, std::size_t dataBytes) {
  const auto bytes = fileWith(header, dataBytes);
  const std::string message = errorOf([&] { SafetensorsFile::parse(bytes, "weights.safetensors"); });
  EXPECT_TRUE(contains(message, "weights.safetensors")) << message;
  return message;
}

TEST(Safetensors, WhatIsWrittenComesBackInTheGivenOrder) {
  TemporaryDirectory directory;
  const std::vector<float> weight{1.5F, -2.0F, 3.25F, 0.0F, 1e-30F, 7.0F};
  const std::vector<std::uint8_t> mask{1, 0, 1};
  const std::int64_t step = 1234567890123;
  SafetensorsWriter writer;
  writer.setMetadata("format", "pt");
  writer.setMetadata("note", "quote \" and \xC3\xA9");
  writer.add("z.mask", ElementType::Bool, {3}, std::as_bytes(std::span(mask)));
  writer.add("a.weight", ElementType::F32, {2, 3}, std::as_bytes(std::span(weight)));
  writer.add("step", ElementType::I64, {}, std::as_bytes(std::span(&step, 1)));
  writer.add("empty", ElementType::F16, {0, 4}, {});
  writer.save(directory.file("x.safetensors"));

  const auto file = SafetensorsFile::open(directory.file("x.safetensors"));
  ASSERT_EQ(file.tensors().size(), 4U);
  EXPECT_EQ(file.tensors()[0].name, "z.mask");
  EXPECT_EQ(file.tensors()[1].name, "a.weight");
  EXPECT_EQ(file.tensors()[2].shape, std::vector<std::int64_t>{});
  EXPECT_EQ(file.tensors()[3].bytes.size(), 0U);
  EXPECT_EQ(file.metadataValue("note"), "quote \" and \xC3\xA9");
  EXPECT_EQ(file.metadataValue("absent"), "");
  EXPECT_EQ(file.metadata()[0].first, "format");
  const TensorView* found = file.find("a.weight");
  ASSERT_NE(found, nullptr);
  ASSERT_EQ(found->bytes.size(), weight.size() * sizeof(float));
  EXPECT_EQ(std::memcmp(found->bytes.data(), weight.data(), found->bytes.size()), 0);
  EXPECT_EQ(file.find("absent"), nullptr);
}

TEST(Safetensors, WrittenTensorsAreAlignedAndTheHeaderIsPaddedToEight) {
  TemporaryDirectory directory;
  const std::vector<std::byte> zeros(64);
  SafetensorsWriter writer;
  writer.add("bytes", ElementType::U8, {3}, std::span(zeros).first(3));
  writer.add("halves", ElementType::BF16, {5}, std::span(zeros).first(10));
  writer.add("doubles", ElementType::F64, {2}, std::span(zeros).first(16));
  writer.add("floats", ElementType::F32, {1}, std::span(zeros).first(4));
  writer.save(directory.file("x"));
  const auto file = SafetensorsFile::open(directory.file("x"));
  for (const TensorView& tensor : file.tensors())
    EXPECT_EQ(tensor.fileOffset % byteSize(tensor.type), 0U) << tensor.name;
  EXPECT_EQ(file.find("doubles")->fileOffset % 8, 0U);
}

TEST(Safetensors, DataAtAnUnalignedOffsetLoads) {
  const std::string header =
      R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"f":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}})";
  auto bytes = fileWith(header, 9);
  const float values[] = {2.5F, -8.0F};
  std::memcpy(bytes.data() + bytes.size() - 8, values, 8);
  const auto file = SafetensorsFile::parse(bytes, "x");
  float read[2];
  std::memcpy(read, file.find("f")->bytes.data(), 8);
  EXPECT_EQ(read[0], 2.5F);
  EXPECT_EQ(read[1], -8.0F);
  EXPECT_EQ(file.find("f")->fileOffset, 8 + header.size() + 1);
}

TEST(Safetensors, EqualInputGivesEqualBytes) {
  TemporaryDirectory directory;
  const std::vector<std::byte> zeros(8);
  for (const char* name : {"one", "two"}) {
    SafetensorsWriter writer;
    writer.setMetadata("k", "v");
    writer.add("t", ElementType::F64, {1}, zeros);
    writer.save(directory.file(name));
  }
  EXPECT_EQ(test::readFile(directory.file("one")), test::readFile(directory.file("two")));
}

TEST(Safetensors, EveryCutOfAFileIsRefused) {
  TemporaryDirectory directory;
  const std::vector<std::byte> data(40);
  SafetensorsWriter writer;
  writer.add("t", ElementType::F32, {10}, data);
  writer.save(directory.file("x"));
  const auto whole = toBytes(test::readFile(directory.file("x")));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(SafetensorsFile::parse(std::span(whole).first(size), "x"), Error) << size;
  }
  EXPECT_NO_THROW(SafetensorsFile::parse(whole, "x"));
}

TEST(Safetensors, HostileHeadersAreRefusedWithTheReason) {
  struct Case {
    const char* header;
    std::size_t dataBytes;
    const char* reason;
  };
  const Case cases[] = {
      {R"({"t":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})", 4, "unknown type F33"},
      {R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "needs 8 bytes"},
      {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "data_offsets are 4 to 0"},
      {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 3, "cut"},
      {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5, "belong to no tensor"},
      {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8, "hole"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
       6, "overlaps"},
      {R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
       0, "twice"},
      {R"({"t":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0, "impossible shape"},
      {R"({"t":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,0]}})", 0, "dimension"},
      {R"({"t":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "negative"},
      {R"({"t":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, "fraction"},
      {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, "two data_offsets"},
      {R"({"t":{"dtype":"F32","shape":[1]}})", 4, "lacks"},
      {R"({"t":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}})", 4, "field twice"},
      {R"({"t":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", 4, "an array"},
      {R"({"t":{"dtype":"F32","shape":[1],"extra":1,"data_offsets":[0,4]}})", 4, "unknown field extra"},
      {R"({"__metadata__":{"k":1}})", 0, "not a string"},
      {R"({"t":)", 0, "not valid JSON at byte"},
      {R"({} {})", 0, "not valid JSON at byte"},
      {R"([])", 0, "begin with a brace"},
      {R"( {})", 0, "begin with a brace"},
      {R"()", 0, "begin with a brace"},
  };
  for (const Case& c : cases) {
    const std::string message = refusalOf(c.header, c.dataBytes);
    EXPECT_TRUE(contains(message, c.reason)) << c.header << "\n" << message;
  }
}

TEST(Safetensors, AnEmptyHeaderIsAFileWithoutTensors) {
  const auto bytes = fileWith("{}", 0);
  EXPECT_TRUE(SafetensorsFile::parse(bytes, "x").tensors().empty());
}

TEST(Safetensors, AHeaderAboveAHundredMegabytesIsRefusedBeforeItIsRead) {
  auto bytes = fileWith("{}", 0);
  const std::uint64_t length = 100'000'001;
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::byte>(length >> (8 * i));
  EXPECT_TRUE(contains(errorOf([&] { SafetensorsFile::parse(bytes, "x"); }), "100 MB"));
}

TEST(Safetensors, DeepNestingIsRefusedAtItsFirstWrongToken) {
  EXPECT_TRUE(contains(refusalOf(R"({"t":)" + std::string(100'000, '['), 0), "an array"));
}

TEST(Safetensors, MoreTensorsThanTheLimitAreRefused) {
  std::string header = "{";
  for (int i = 0; i <= 1 << 18; ++i) {
    if (i > 0) header += ',';
    header += "\"" + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  }
  EXPECT_TRUE(contains(refusalOf(header + "}", 0), "2^18"));
}

TEST(Safetensors, AMissingFileIsNamed) {
  EXPECT_TRUE(contains(errorOf([] { SafetensorsFile::open("/nowhere/x.safetensors"); }), "/nowhere/x.safetensors"));
}

TEST(Safetensors, TheWriterRefusesATakenNameAndAWrongSize) {
  SafetensorsWriter writer;
  const std::vector<std::byte> four(4);
  writer.add("t", ElementType::F32, {1}, four);
  EXPECT_THROW(writer.add("t", ElementType::F32, {1}, four), Error);
  EXPECT_THROW(writer.add("u", ElementType::F32, {2}, four), Error);
  EXPECT_THROW(writer.add("__metadata__", ElementType::F32, {1}, four), Error);
}

}  // namespace
}  // namespace slab
