// The recipe against timm 0.4.12 and Pillow 9.5 over the same stream of random numbers
// (tests/oracles/make_augment.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "core/data/augment.h"
#include "core/data/erase.h"
#include "core/data/mixup.h"
#include "core/formats/jpeg_files.h"
#include "core/formats/npy.h"
#include "core/formats/safetensors.h"

namespace slab::data {
namespace {

constexpr FillColor kFill{124, 116, 104};
constexpr const char* kFolder = SLAB_TEST_DATA "/oracles/augment/";

using Row = std::vector<double>;

std::vector<Row> rowsOf(const std::string& name) {
  std::ifstream file(std::string(kFolder) + name);
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    Row row;
    for (double field = 0; fields >> field;) row.push_back(field);
    rows.push_back(row);
  }
  return rows;
}

Random streamOf(double oracleCase) {
  return Random(hashKeys(7, static_cast<std::uint64_t>(oracleCase)));
}

Image picture(int width, int height) {
  return test::makeImage(width, height, 3, [](int x, int y, int c) {
    return (x * x + 3 * y * y + x * y * (c + 1) + 50 * c + ((x + y) % 7 == 0 ? 128 : 0)) % 256;
  });
}

Image faint(Image image) {
  constexpr std::array kLevels{20, 70, 120};
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(image.pixels[i] / 4 + kLevels[i % 3]);
  }
  return image;
}

/// Greatest difference to picture `index` of a stack, and how many values differ at all.
struct Difference {
  int greatest = 0;
  int count = 0;
};
Difference compare(const Image& image, const NpyFile& stack, std::size_t index) {
  const auto values = stack.bytes().subspan(index * image.pixels.size(), image.pixels.size());
  Difference found;
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    const int difference = std::abs(std::to_integer<int>(values[i]) - image.pixels[i]);
    found.greatest = std::max(found.greatest, difference);
    found.count += difference > 0 ? 1 : 0;
  }
  return found;
}

std::vector<double> fieldsOf(const Rect& box) {
  return {double(box.x), double(box.y), double(box.width), double(box.height)};
}

std::vector<double> slice(const Row& row, std::size_t first, std::size_t count) {
  return {row.begin() + static_cast<std::ptrdiff_t>(first), row.begin() + static_cast<std::ptrdiff_t>(first + count)};
}

TEST(TimmRecipe, EveryOperationHasPillowsPixels) {
  const auto rows = rowsOf("operations.tsv");
  const NpyFile stack(std::string(kFolder) + "operations.npy");
  ASSERT_EQ(static_cast<std::int64_t>(rows.size()), stack.shape().at(0));
  const std::array pictures{picture(37, 29), faint(picture(37, 29))};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto operation = static_cast<Operation>(static_cast<int>(rows[i][0]));
    const Image& source = pictures.at(static_cast<std::size_t>(rows[i][2]));
    const Difference found = compare(applyOperation(source, operation, rows[i][1], kFill), stack, i);
    // Floats where Pillow has doubles: a value that is whole but for the last bit may be truncated to one less.
    EXPECT_LE(found.greatest, 1) << "operation " << rows[i][0] << " at " << rows[i][1];
    EXPECT_LE(found.count, 10) << "operation " << rows[i][0] << " at " << rows[i][1];
  }
}

TEST(TimmRecipe, TheSameStreamGivesTimmsBoxesOperationsAndArguments) {
  const auto rows = rowsOf("recipe.tsv");
  ASSERT_EQ(rows.size(), 80U);
  for (const Row& row : rows) {
    SCOPED_TRACE(row[0]);
    Random random = streamOf(row[0]);
    const int size = static_cast<int>(row[3]);
    const Framing framing = row[4] == 1 ? Framing::PaddedCrop : Framing::ResizedCrop;
    const RecipeDraw draw = drawRecipe(static_cast<int>(row[1]), static_cast<int>(row[2]), size, framing, random);
    EXPECT_EQ(fieldsOf(draw.box), slice(row, 5, 4));
    EXPECT_EQ(draw.mirror, row[9] == 1);
    EXPECT_EQ(fieldsOf(drawEraseBox(size, size, random).value_or(Rect{-1, -1, -1, -1})), slice(row, 10, 4));
    ASSERT_EQ(draw.operations.size(), (row.size() - 14) / 2);
    for (std::size_t i = 0; i < draw.operations.size(); ++i) {
      EXPECT_EQ(static_cast<int>(draw.operations[i].operation), row[14 + 2 * i]);
      EXPECT_NEAR(draw.operations[i].argument, row[15 + 2 * i], 1e-12);
    }
  }
}

TEST(TimmRecipe, WholeSamplesHaveTimmsPixels) {
  const auto rows = rowsOf("recipe.tsv");
  const NpyFile stack(std::string(kFolder) + "recipe.npy");
  for (std::size_t i = 0; i < static_cast<std::size_t>(stack.shape().at(0)); ++i) {
    const int width = static_cast<int>(rows[i][1]), height = static_cast<int>(rows[i][2]);
    Random random = streamOf(rows[i][0]);
    const RecipeDraw draw = drawRecipe(width, height, 32, Framing::ResizedCrop, random);
    const Image image = applyRecipe(picture(width, height), 32, Framing::ResizedCrop, draw, kFill);
    EXPECT_LE(compare(image, stack, i).greatest, 1) << i;
  }
}

void expectFloats(const std::vector<float>& actual, const TensorView& expected) {
  ASSERT_EQ(actual.size() * sizeof(float), expected.bytes.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    float value = 0;
    std::memcpy(&value, expected.bytes.data() + i * sizeof value, sizeof value);
    ASSERT_NEAR(actual[i], value, 1e-5) << i;
  }
}

TEST(TimmRecipe, TheSameStreamGivesTimmsSharesBoxesAndBatches) {
  const auto rows = rowsOf("mixing.tsv");
  const auto oracle = SafetensorsFile::open(std::string(kFolder) + "mixing.safetensors");
  ASSERT_EQ(rows.size(), 40U);
  for (const Row& row : rows) {
    SCOPED_TRACE(row[0]);
    Random random = streamOf(row[0]);
    const int width = static_cast<int>(row[1]), height = static_cast<int>(row[2]);
    const MixDraw draw = drawMix(width, height, random);
    EXPECT_NEAR(draw.lambda, row[3], 1e-12);
    ASSERT_EQ(draw.box.has_value(), row[4] == 1);
    if (draw.box) {
      EXPECT_EQ(fieldsOf(*draw.box), slice(row, 5, 4));
    }
    const auto* expected = oracle.find(std::to_string(static_cast<int>(row[0])) + ".images");
    if (expected == nullptr) continue;
    std::vector<float> batch(static_cast<std::size_t>(4 * 2 * width * height));
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i] = static_cast<float>(i) / 16.0F;
    mixBatch(batch.data(), 4, 2, width, height, draw);
    expectFloats(batch, *expected);
  }
}

}  // namespace
}  // namespace slab::data
