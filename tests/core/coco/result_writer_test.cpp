#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/coco/annotation_file.h"
#include "core/coco/evaluation.h"
#include "core/coco/result_file.h"
#include "tests/core/coco/synthetic_set.h"

namespace slab::coco {
namespace {

std::span<const std::byte> bytesOf(const std::string& text) {
  return std::as_bytes(std::span(text));
}

class ResultWriter : public ::testing::Test {
 protected:
  ResultWriter() : path_(::testing::TempDir() + "result_writer_test.json") {}
  ~ResultWriter() override { std::filesystem::remove(path_); }
  std::string path_;
};

TEST_F(ResultWriter, WhatIsWrittenReadsBackAsTheSameDetections) {
  std::size_t total = 0;
  for (std::uint64_t number = 0; number < 20; ++number) {
    const test::SyntheticSet made = test::drawSet(number);
    const std::string annotations = made.annotations.dump(), results = made.results.dump();
    const CocoSet set = parseAnnotations(bytesOf(annotations), "set.json").set;
    auto detections = parseResults(bytesOf(results), "results.json", set, OverlapOf::Masks).detections;
    for (std::size_t i = 0; i < detections.size(); ++i) {
      // Numbers of no short decimal form.
      detections[i].score += 1e-3 / static_cast<double>(i + 3);
      detections[i].box.x += 1.0 / static_cast<double>(i + 7);
      detections[i].area = detections[i].box.width * detections[i].box.height;
    }
    writeResults(path_, detections);
    const auto again = readResults(path_, set, OverlapOf::Masks).detections;
    ASSERT_EQ(again.size(), detections.size());
    total += again.size();
    for (std::size_t i = 0; i < again.size(); ++i) {
      EXPECT_EQ(again[i].image, detections[i].image);
      EXPECT_EQ(again[i].category, detections[i].category);
      EXPECT_EQ(again[i].score, detections[i].score);
      EXPECT_EQ(again[i].box, detections[i].box);
      EXPECT_EQ(again[i].area, detections[i].area);
      EXPECT_EQ(again[i].mask, detections[i].mask);
    }
    for (const OverlapOf of : {OverlapOf::Boxes, OverlapOf::Masks}) {
      EvaluationOptions options;
      options.of = of;
      options.threads = 1;
      EXPECT_EQ(evaluate(set, readResults(path_, set, of).detections, options).stats,
                evaluate(set, detections, options).stats);
    }
  }
  EXPECT_GT(total, 100U);
}

TEST_F(ResultWriter, NoDetectionIsAnEmptyList) {
  writeResults(path_, {});
  std::ifstream stream(path_);
  EXPECT_EQ(nlohmann::json::parse(stream), nlohmann::json::array());
  EXPECT_THROW(writeResults("/no/such/folder/results.json", {}), Error);
}

}  // namespace
}  // namespace slab::coco
