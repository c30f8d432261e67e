#include "core/formats/npy.h"

#include <cstring>

#include "core/formats/support.h"

namespace slab {
namespace {

using test::contains;
using test::errorOf;
using test::TemporaryDirectory;
using test::toBytes;

std::vector<std::byte> headerWith(const std::string& dict, int version = 1) {
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  const std::size_t lengthBytes = version == 1 ? 2 : 4;
  for (std::size_t i = 0; i < lengthBytes; ++i) file += static_cast<char>(dict.size() >> (8 * i));
  return toBytes(file + dict);
}

TEST(Npy, TheHeaderIsTheOneNumPyWrites) {
  // numpy.save of a float32 array of shape (2, 3), NumPy 1.24.
  std::string expected("\x93NUMPY\x01\x00v\x00", 10);
  expected += "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  expected.resize(127, ' ');
  expected += '\n';
  const std::int64_t shape[] = {2, 3};
  EXPECT_EQ(formatNpyHeader(ElementType::F32, shape), expected);
  const std::int64_t vector[] = {5};
  EXPECT_TRUE(contains(formatNpyHeader(ElementType::I64, vector), "'shape': (5,), }"));
}

TEST(Npy, ArraysComeBack) {
  TemporaryDirectory directory;
  const std::vector<float> values{1.0F, -2.5F, 3.0F, 4.0F, 5.0F, 6.0F};
  const std::vector<std::int64_t> shape{1, 2, 3};
  writeNpy(directory.file("x.npy"), shape, values);
  const NpyFile file(directory.file("x.npy"));
  EXPECT_EQ(file.type(), ElementType::F32);
  EXPECT_EQ(file.shape(), shape);
  ASSERT_EQ(file.bytes().size(), 24U);
  EXPECT_EQ(std::memcmp(file.bytes().data(), values.data(), 24), 0);
}

TEST(Npy, EveryKnownTypeAndRankComesBack) {
  TemporaryDirectory directory;
  const std::vector<std::byte> data(64, std::byte{7});
  for (const ElementType type : {ElementType::F32, ElementType::F64, ElementType::U8, ElementType::I64}) {
    for (const std::vector<std::int64_t>& shape :
         {std::vector<std::int64_t>{}, std::vector<std::int64_t>{3}, std::vector<std::int64_t>{0, 5},
          std::vector<std::int64_t>{2, 1, 3, 1}}) {
      const auto bytes = static_cast<std::size_t>(*byteCount(shape, type));
      writeNpy(directory.file("x.npy"), type, shape, std::span(data).first(bytes));
      const NpyFile file(directory.file("x.npy"));
      EXPECT_EQ(file.type(), type);
      EXPECT_EQ(file.shape(), shape);
      EXPECT_EQ(file.bytes().size(), bytes);
    }
  }
}

TEST(Npy, Versions2And3AreRead) {
  for (const int version : {1, 2, 3}) {
    const auto header =
        parseNpyHeader(headerWith("{'descr': '|u1', 'fortran_order': False, 'shape': (4, 2)}\n", version), "x");
    EXPECT_EQ(header.type, ElementType::U8);
    EXPECT_EQ(header.shape, (std::vector<std::int64_t>{4, 2}));
  }
}

TEST(Npy, FortranOrderIsRefusedWithTheMendUnlessItIsTheSame) {
  const auto matrix = headerWith("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n");
  const std::string message = errorOf([&] { parseNpyHeader(matrix, "images.npy"); });
  EXPECT_TRUE(contains(message, "images.npy")) << message;
  EXPECT_TRUE(contains(message, "ascontiguousarray")) << message;
  EXPECT_NO_THROW(parseNpyHeader(headerWith("{'descr': '<f4', 'fortran_order': True, 'shape': (6,), }\n"), "x"));
}

TEST(Npy, MalformedHeadersAreRefused) {
  const char* dicts[] = {
      "",
      "{",
      "{}",
      "{'descr': '<f4', 'shape': (2,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } x",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
      "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,), }",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
      "{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }",
      "{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }",
      "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }",
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }",
      "{'descr: '<f4'}",
  };
  for (const char* dict : dicts) EXPECT_THROW(parseNpyHeader(headerWith(dict), "x"), Error) << dict;
  EXPECT_THROW(parseNpyHeader(headerWith("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", 4), "x"), Error);
  EXPECT_THROW(parseNpyHeader(toBytes("PK\x03\x04 a zip file"), "x"), Error);
  EXPECT_THROW(parseNpyHeader({}, "x"), Error);
}

TEST(Npy, ACutOrOverlongFileIsRefusedWithItsOffset) {
  TemporaryDirectory directory;
  const std::vector<float> values(8, 1.0F);
  const std::vector<std::int64_t> shape{8};
  writeNpy(directory.file("x.npy"), shape, values);
  const std::string whole = test::readFile(directory.file("x.npy"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    test::writeFile(directory.file("cut.npy"), whole.substr(0, size));
    EXPECT_THROW(NpyFile(directory.file("cut.npy")), Error) << size;
  }
  test::writeFile(directory.file("long.npy"), whole + "x");
  const std::string message = errorOf([&] { NpyFile file(directory.file("long.npy")); });
  EXPECT_TRUE(contains(message, "too long")) << message;
  EXPECT_TRUE(contains(message, "byte 128")) << message;
}

}  // namespace
}  // namespace slab
