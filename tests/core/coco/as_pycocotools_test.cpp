// The numbers of tests/data/oracles/coco, which pycocotools made (tests/oracles/make_coco.py).
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "core/coco/annotation_file.h"
#include "core/coco/evaluation.h"
#include "core/coco/overlaps.h"
#include "core/coco/result_file.h"
#include "tests/core/coco/synthetic_set.h"

namespace slab::coco {
namespace {

constexpr double kAgreement = 1e-6;

std::vector<std::vector<std::string>> rowsOf(const std::string& name) {
  std::ifstream in(std::string(SLAB_TEST_DATA) + "/oracles/coco/" + name);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    rows.emplace_back();
    for (std::string field; std::getline(fields, field, '\t');) rows.back().push_back(field);
  }
  EXPECT_FALSE(rows.empty()) << name;
  return rows;
}

std::span<const std::byte> bytesOf(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// Through the files' text, as a user's set goes.
CocoScores evaluated(std::uint64_t number, OverlapOf of, int threads) {
  const test::SyntheticSet made = test::drawSet(number);
  const std::string annotations = made.annotations.dump();
  AnnotationReading reading = parseAnnotations(bytesOf(annotations), "set.json");
  EXPECT_EQ(reading.faults.firstBlocking(), nullptr) << reading.faults.firstBlocking()->message;
  nlohmann::json results = made.results;
  if (of == OverlapOf::Boxes) results = test::without(results, "segmentation");
  if (of == OverlapOf::Masks && number % 2 == 0) results = test::without(results, "bbox");
  EvaluationOptions options;
  options.of = of;
  options.threads = threads;
  return evaluate(reading.set, parseResults(bytesOf(results.dump()), "results.json", reading.set, of).detections,
                  options);
}

OverlapOf kindOf(const std::string& word) {
  return word == "segm" ? OverlapOf::Masks : OverlapOf::Boxes;
}

TEST(AsPycocotools, TheTwelveNumbersOfTwoHundredSetsAgree) {
  const auto rows = rowsOf("twelve.tsv");
  ASSERT_EQ(rows.size(), 2U * 200U);
  for (const auto& row : rows) {
    ASSERT_EQ(row.size(), 2U + 12U);
    const CocoScores scores = evaluated(std::stoull(row[0]), kindOf(row[1]), 1);
    for (std::size_t i = 0; i < 12; ++i) {
      EXPECT_NEAR(scores.stats[i], std::stod(row[2 + i]), kAgreement) << row[0] << " " << row[1] << " number " << i;
    }
    EXPECT_TRUE(scores.isComplete());
  }
}

TEST(AsPycocotools, TheClassesAgree) {
  std::string before;
  CocoScores scores;
  std::size_t at = 0;
  for (const auto& row : rowsOf("classes.tsv")) {
    ASSERT_EQ(row.size(), 4U);
    if (row[0] + row[1] != before) {
      ASSERT_EQ(at, scores.classes.size());
      scores = evaluated(std::stoull(row[0]), kindOf(row[1]), 2);
      before = row[0] + row[1];
      at = 0;
    }
    ASSERT_LT(at, scores.classes.size());
    EXPECT_EQ(scores.classes[at].category, std::stoll(row[2]));
    EXPECT_NEAR(scores.classes[at++].ap, std::stod(row[3]), kAgreement) << row[0] << " " << row[1];
  }
}

TEST(AsPycocotools, TheSetsHoldWhatMakesThemHard) {
  std::size_t crowds = 0, empty = 0, ties = 0, borders = 0, full = 0;
  for (std::uint64_t number = 0; number < 200; ++number) {
    const test::SyntheticSet made = test::drawSet(number);
    std::set<std::int64_t> annotated;
    for (const auto& annotation : made.annotations["annotations"]) {
      crowds += annotation["iscrowd"] == 1 ? 1 : 0;
      borders += annotation["area"] == 1024 || annotation["area"] == 9216 ? 1 : 0;
      annotated.insert(annotation["image_id"].get<std::int64_t>());
    }
    empty += made.annotations["images"].size() - annotated.size();
    std::set<double> scores;
    for (const auto& result : made.results) ties += scores.insert(result["score"].get<double>()).second ? 0 : 1;
    full += made.results.size() > 100 ? 1 : 0;
  }
  EXPECT_GT(crowds, 100U);
  EXPECT_GT(empty, 100U);
  EXPECT_GT(ties, 1000U);
  EXPECT_GT(borders, 100U);
  EXPECT_GE(full, 10U);
}

TEST(AsPycocotools, MasksBoxesAreasAndOverlapsAgree) {
  const auto rows = rowsOf("masks.tsv");
  ASSERT_EQ(rows.size(), 400U);
  for (const auto& row : rows) {
    ASSERT_EQ(row.size(), 16U);
    const test::SyntheticMasks made = test::drawMasks(std::stoull(row[0]));
    ASSERT_EQ(std::to_string(made.height), row[1]);
    ASSERT_EQ(std::to_string(made.width), row[2]);
    const std::vector<RunLengths> masks{drawPolygon(made.first, made.height, made.width),
                                        drawPolygon(made.second, made.height, made.width)};
    EXPECT_EQ(toCompressed(masks[0]), row[3]) << row[0];
    EXPECT_EQ(toCompressed(masks[1]), row[4]) << row[0];
    EXPECT_EQ(toCompressed(mergeMasks(masks, MaskMerge::Union)), row[5]) << row[0];
    EXPECT_EQ(toCompressed(mergeMasks(masks, MaskMerge::Intersection)), row[6]) << row[0];
    const CocoBox box = boxOf(masks[0]), other = boxOf(masks[1]);
    EXPECT_EQ(static_cast<double>(areaOf(masks[0])), std::stod(row[7])) << row[0];
    EXPECT_EQ(box, (CocoBox{std::stod(row[8]), std::stod(row[9]), std::stod(row[10]), std::stod(row[11])})) << row[0];
    const MaskOutline a(masks[0]), b(masks[1]);
    EXPECT_DOUBLE_EQ(overlapOf(a, b, false), std::stod(row[12])) << row[0];
    EXPECT_DOUBLE_EQ(overlapOf(a, b, true), std::stod(row[13])) << row[0];
    EXPECT_DOUBLE_EQ(overlapOf(box, other, false), std::stod(row[14])) << row[0];
    EXPECT_DOUBLE_EQ(overlapOf(box, other, true), std::stod(row[15])) << row[0];
  }
}

TEST(AsPycocotools, TextsOfMasksAreReadBack) {
  for (const auto& row : rowsOf("masks.tsv")) {
    for (std::size_t i = 3; i < 7; ++i) {
      RunLengths mask{
          static_cast<std::uint32_t>(std::stoul(row[1])), static_cast<std::uint32_t>(std::stoul(row[2])), {}};
      EXPECT_EQ(readCompressed(row[i], mask), "");
      EXPECT_EQ(toCompressed(mask), row[i]);
    }
  }
}

}  // namespace
}  // namespace slab::coco
