// Files and pixels made by NumPy, safetensors, TensorBoard, Pillow and torchvision (tests/oracles) against our own.
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <sstream>

#include "core/formats/event_file.h"
#include "core/formats/jpeg_files.h"
#include "core/formats/npy.h"
#include "core/formats/resize.h"
#include "core/formats/safetensors.h"
#include "core/formats/support.h"

namespace slab {
namespace {

namespace fs = std::filesystem;

const fs::path kOracles = fs::path(SLAB_TEST_DATA) / "oracles";

std::vector<fs::path> filesOf(const char* folder, const std::string& prefix, bool wanted) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kOracles / folder)) {
    if ((entry.path().filename().string().rfind(prefix, 0) == 0) == wanted) files.push_back(entry.path());
  }
  return files;
}

// The rule of make_npy.py and make_safetensors.py.
std::int64_t ruled(std::int64_t i) {
  return (37 * i + 11) % 251;
}

template <typename T>
T element(std::span<const std::byte> bytes, std::int64_t i) {
  T value;
  std::memcpy(&value, bytes.data() + static_cast<std::size_t>(i) * sizeof value, sizeof value);
  return value;
}

double element(const NpyFile& file, std::int64_t i) {
  switch (file.type()) {
    case ElementType::F32: return element<float>(file.bytes(), i);
    case ElementType::F64: return element<double>(file.bytes(), i);
    case ElementType::U8: return element<std::uint8_t>(file.bytes(), i);
    case ElementType::I64: return static_cast<double>(element<std::int64_t>(file.bytes(), i));
    default: return std::nan("");
  }
}

TEST(WrittenByNumPy, EveryFileIsReadBitForBit) {
  const auto files = filesOf("npy", "refused", false);
  ASSERT_EQ(files.size(), 22U);
  for (const auto& path : files) {
    const NpyFile file(path.string());
    const bool isFloat = file.type() == ElementType::F32 || file.type() == ElementType::F64;
    const std::int64_t count = elementCount(file.shape()).value();
    for (std::int64_t i = 0; i < count; ++i) {
      const auto rule = static_cast<double>(ruled(i));
      ASSERT_EQ(element(file, i), isFloat ? (rule - 125.5) / 8 : rule) << path << " element " << i;
    }
  }
  EXPECT_EQ(NpyFile((kOracles / "npy/images_f4.npy").string()).shape(), (std::vector<std::int64_t>{2, 3, 4, 5}));
  EXPECT_EQ(NpyFile((kOracles / "npy/empty_u1.npy").string()).shape(), (std::vector<std::int64_t>{0, 3}));
  EXPECT_TRUE(NpyFile((kOracles / "npy/scalar_i8.npy").string()).shape().empty());
}

TEST(WrittenByNumPy, TheSameArrayWrittenByUsIsTheSameFile) {
  test::TemporaryDirectory folder;
  for (const auto& path : filesOf("npy", "refused", false)) {
    if (path.string().find("version") != std::string::npos) continue;  // we write version 1 alone
    const NpyFile file(path.string());
    const std::string copy = folder.file("copy.npy");
    writeNpy(copy, file.type(), file.shape(), file.bytes());
    EXPECT_EQ(test::readFile(copy), test::readFile(path)) << path;
  }
}

TEST(WrittenByNumPy, WhatWeDoNotReadIsRefusedByName) {
  const auto files = filesOf("npy", "refused", true);
  ASSERT_EQ(files.size(), 4U);
  for (const auto& path : files) {
    try {
      const NpyFile file(path.string());
      ADD_FAILURE() << path << " was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Data);
      EXPECT_NE(std::string(error.what()).find(path.filename().string()), std::string::npos) << error.what();
    }
  }
}

TEST(WrittenBySafetensors, EveryElementTypeIsReadBitForBit) {
  const SafetensorsFile file = SafetensorsFile::open((kOracles / "safetensors/types.safetensors").string());
  ASSERT_EQ(file.tensors().size(), 15U * 4U);
  for (const auto& tensor : file.tensors()) {
    std::string word = tensor.name.substr(0, tensor.name.find('.'));
    for (char& letter : word) letter = static_cast<char>(std::toupper(letter));
    EXPECT_EQ(toString(tensor.type), word);
    ASSERT_EQ(static_cast<std::int64_t>(tensor.bytes.size()), byteCount(tensor.shape, tensor.type)) << tensor.name;
    for (std::size_t i = 0; i < tensor.bytes.size(); ++i) {
      const auto rule = (37 * static_cast<std::int64_t>(i) + 11) % (tensor.type == ElementType::Bool ? 2 : 251);
      ASSERT_EQ(static_cast<std::int64_t>(tensor.bytes[i]), rule) << tensor.name << " byte " << i;
    }
  }
}

TEST(WrittenBySafetensors, MetadataKeepsItsText) {
  const auto file = SafetensorsFile::open((kOracles / "safetensors/metadata.safetensors").string());
  EXPECT_EQ(file.metadataValue("note"), "quotes \", umlauts \xc3\xa4\xc3\xb6\xc3\xbc, a line\nbreak");
  EXPECT_TRUE(SafetensorsFile::open((kOracles / "safetensors/nothing.safetensors").string()).tensors().empty());
}

// ---- event files

std::vector<LogEvent> eventsOf(const std::string& name) {
  const std::string file = test::readFile((kOracles / "events" / (name + ".events")).string());
  EventFileReader reader(std::as_bytes(std::span(file)));
  std::vector<LogEvent> events;
  while (auto event = reader.next()) events.push_back(std::move(*event));
  EXPECT_TRUE(reader.issues().empty()) << name;
  return events;
}

// The rule of make_events.py.
void expectPoint(const LogEvent& event, const char* tag, std::int64_t step) {
  ASSERT_EQ(event.scalars.size(), 1U);
  EXPECT_EQ(event.scalars[0].tag, tag);
  EXPECT_EQ(event.step, step);
  EXPECT_EQ(event.wall, 1.7e9 + static_cast<double>(step) / 8);
  const double value =
      std::string_view(tag) == "lr" ? static_cast<double>(step) / 4 : 1.0 / static_cast<double>(step + 1);
  EXPECT_EQ(event.scalars[0].value, static_cast<double>(static_cast<float>(value)));
}

TEST(WrittenByTensorBoard, EveryPointOfPyTorchsWriterIsRead) {
  const auto events = eventsOf("torch");
  ASSERT_EQ(events.size(), 81U);
  EXPECT_EQ(events[0].fileVersion, "brain.Event:2");
  for (std::size_t i = 1; i < events.size(); ++i) {
    expectPoint(events[i], i % 2 == 1 ? "loss" : "lr", static_cast<std::int64_t>(i - 1) / 2);
  }
}

TEST(WrittenByTensorBoard, AContinuationSaysFromWhichStep) {
  const auto events = eventsOf("resumed");
  std::int64_t start = -1;
  for (const auto& event : events) {
    if (event.startsSession) start = event.step;
  }
  EXPECT_EQ(start, 30);
  expectPoint(events.back(), "lr", 49);
}

TEST(WrittenByTensorBoard, ScalarsInTensorsAreReadInEveryEncoding) {
  const auto events = eventsOf("tensors");
  std::map<std::string, std::int64_t> points;
  for (const auto& event : events) {
    for (const auto& scalar : event.scalars) {
      ++points[scalar.tag];
      const double real = 1.0 / static_cast<double>(event.step + 1);
      double expected = static_cast<double>(1000 * event.step - 1);
      if (scalar.tag.starts_with("float64")) expected = real;
      if (scalar.tag.starts_with("float32")) expected = static_cast<double>(static_cast<float>(real));
      EXPECT_EQ(scalar.value, expected) << scalar.tag << " at " << event.step;
    }
  }
  EXPECT_EQ(points.size(), 8U);
  for (const auto& [tag, count] : points) EXPECT_EQ(count, 4) << tag;
}

TEST(WrittenByTensorBoard, WhatIsNoScalarIsCounted) {
  std::int64_t others = 0;
  std::vector<double> losses;
  for (const auto& event : eventsOf("other")) {
    others += event.others;
    for (const auto& scalar : event.scalars) losses.push_back(scalar.value);
  }
  EXPECT_EQ(others, 4);
  EXPECT_EQ(losses, (std::vector<double>{0.5, 0.25}));
}

// The picture of make_resize.py.
Image picture(int channels) {
  return test::makeImage(45, 33, channels, [](int x, int y, int c) {
    return (x * x + 3 * y * y + x * y * (c + 1) + 50 * c + ((x + y) % 7 == 0 ? 128 : 0)) % 256;
  });
}

void expectPixels(const Image& image, const fs::path& path) {
  const NpyFile file(path.string());
  ASSERT_EQ(file.shape(), (std::vector<std::int64_t>{image.height, image.width, image.channels})) << path;
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    ASSERT_EQ(image.pixels[i], static_cast<std::uint8_t>(file.bytes()[i])) << path << " byte " << i;
  }
}

TEST(ResizedByPillow, EveryFilterAndSizeAgreesInEveryPixel) {
  const auto files = filesOf("resize", "bi", true);
  ASSERT_EQ(files.size(), 20U);
  for (const auto& path : files) {
    // bicubic_3_16x12.npy
    std::istringstream name(path.stem().string());
    std::string filter;
    int channels = 0, width = 0, height = 0;
    char skip = 0;
    std::getline(name, filter, '_');
    ASSERT_TRUE(name >> channels >> skip >> width >> skip >> height) << path;
    const auto kind = filter == "bicubic" ? ResizeFilter::Bicubic : ResizeFilter::Bilinear;
    expectPixels(resize(picture(channels), width, height, kind), path);
  }
}

TEST(ResizedByTorchvision, TheEvaluationRecipeAgreesInEveryPixel) {
  for (const int size : {32, 24, 21}) {
    expectPixels(resizeForEvaluation(picture(3), size),
                 kOracles / "resize" / ("evaluation_" + std::to_string(size) + ".npy"));
  }
}

}  // namespace
}  // namespace slab
