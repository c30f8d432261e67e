#include "core/coco/evaluation.h"

#include <gtest/gtest.h>

#include "core/coco/annotation_file.h"
#include "core/coco/result_file.h"
#include "core/formats/support.h"
#include "tests/core/coco/synthetic_set.h"

namespace slab::coco {
namespace {

using test::contains;

/// Forty images with one object of 20 x 20 pixels each, of two classes in turn.
CocoSet plainSet() {
  CocoSet set;
  set.path = "set.json";
  set.categories = {{1, "cat"}, {2, "dog"}, {3, "never there"}};
  for (std::int64_t i = 1; i <= 40; ++i) {
    set.images.push_back({i, 100, 100, "a.png"});
    CocoAnnotation annotation;
    annotation.id = annotation.image = i;
    annotation.category = 1 + i % 2;
    annotation.box = {10, 10, 20, 20};
    annotation.area = 400;
    annotation.shape = drawBox(annotation.box, 100, 100);
    set.annotations.push_back(annotation);
  }
  return set;
}

std::vector<Detection> foundAll(const CocoSet& set) {
  std::vector<Detection> found;
  for (const CocoAnnotation& annotation : set.annotations) {
    found.push_back({annotation.image, annotation.category, 0.5, annotation.box, annotation.area,
                     std::get<RunLengths>(annotation.shape)});
  }
  return found;
}

EvaluationOptions of(OverlapOf what, int threads = 1) {
  EvaluationOptions options;
  options.of = what;
  options.threads = threads;
  return options;
}

TEST(Evaluation, WhatIsFoundAsItIsScoresOneAndWhatIsNotThereHasNoScore) {
  const CocoSet set = plainSet();
  for (const auto what : {OverlapOf::Boxes, OverlapOf::Masks}) {
    const CocoScores scores = evaluate(set, foundAll(set), of(what));
    for (const std::size_t i : {0U, 1U, 2U, 3U, 6U, 8U, 9U}) EXPECT_NEAR(scores.stats[i], 1.0, 1e-12) << i;
    for (const std::size_t i : {4U, 5U, 10U, 11U})
      EXPECT_EQ(scores.stats[i], -1) << "no medium, no large object: " << i;
    ASSERT_EQ(scores.classes.size(), 3U);
    EXPECT_NEAR(scores.classes[1].ap, 1.0, 1e-12);
    EXPECT_EQ(scores.classes[1].objects, 20);
    EXPECT_EQ(scores.classes[2].ap, -1);
    EXPECT_EQ(scores.classes[2].name, "never there");
  }
}

TEST(Evaluation, AnOverlapAtTheThresholdCounts) {
  CocoSet set = plainSet();
  set.annotations.resize(1);
  std::vector<Detection> found = foundAll(set);
  found[0].box = {10, 10, 20, 10};  // one half
  const CocoScores scores = evaluate(set, found, of(OverlapOf::Boxes));
  EXPECT_NEAR(scores.stats[1], 1.0, 1e-12);
  EXPECT_NEAR(scores.stats[0], 0.1, 1e-12) << "of ten thresholds the first";
}

TEST(Evaluation, OnlyOneOfTwoDetectionsOfAnObjectIsRight) {
  CocoSet set = plainSet();
  std::vector<Detection> found = foundAll(set);
  const std::size_t once = found.size();
  for (std::size_t i = 0; i < once; ++i) {
    found.push_back(found[i]);
    found.back().score = 0.9;
  }
  // By score all firsts come before all seconds, so that the seconds cost nothing.
  EXPECT_NEAR(evaluate(set, found, of(OverlapOf::Boxes)).stats[0], 1.0, 1e-12);
  for (auto& one : found) one.score = 0.5;
  EXPECT_LT(evaluate(set, found, of(OverlapOf::Boxes)).stats[0], 0.7) << "of equals every second is wrong";
}

TEST(Evaluation, ACrowdTakesAnyNumberOfDetectionsAndCountsForNothing) {
  CocoSet set = plainSet();
  std::vector<Detection> found = foundAll(set);
  CocoAnnotation crowd = set.annotations[0];
  crowd.id = 100;
  crowd.isCrowd = true;
  crowd.box = {40, 40, 50, 50};
  crowd.shape = drawBox(crowd.box, 100, 100);
  set.annotations.push_back(crowd);
  for (int i = 0; i < 5; ++i) {
    Detection inCrowd = found[0];
    inCrowd.box = {42.0 + i, 42, 20, 20};
    inCrowd.mask = drawBox(inCrowd.box, 100, 100);
    inCrowd.score = 0.99;
    found.push_back(inCrowd);
  }
  for (const auto what : {OverlapOf::Boxes, OverlapOf::Masks}) {
    EXPECT_NEAR(evaluate(set, found, of(what)).stats[0], 1.0, 1e-12);
  }
  set.annotations.pop_back();
  EXPECT_LT(evaluate(set, found, of(OverlapOf::Boxes)).stats[0], 0.95);
}

// COCOeval marks what was found by the annotation's id, and 0 is its mark of nothing.
TEST(Evaluation, AnAnnotationWithTheIdZeroIsNeverFound) {
  CocoSet set = plainSet();
  set.annotations.resize(1);
  const auto found = foundAll(set);
  set.annotations[0].id = 0;
  EXPECT_EQ(evaluate(set, found, of(OverlapOf::Boxes)).stats[0], 0);
}

TEST(Evaluation, TheNumberOfThreadsChangesNothing) {
  for (const std::uint64_t number : {0U, 20U, 33U}) {
    const test::SyntheticSet made = test::drawSet(number);
    const std::string annotations = made.annotations.dump(), results = made.results.dump();
    const CocoSet set = parseAnnotations(std::as_bytes(std::span(annotations)), "set.json").set;
    const auto found =
        parseResults(std::as_bytes(std::span(results)), "results.json", set, OverlapOf::Masks).detections;
    EXPECT_EQ(evaluate(set, found, of(OverlapOf::Masks, 1)).stats, evaluate(set, found, of(OverlapOf::Masks, 4)).stats);
  }
}

TEST(Evaluation, AStopLeavesTheNumbersOfTheFirstImages) {
  const CocoSet set = plainSet();
  const auto found = foundAll(set);
  std::stop_source stop;
  EvaluationOptions options = of(OverlapOf::Boxes);
  options.stop = stop.get_token();
  options.onProgress = [&](std::int64_t, std::int64_t total) {
    EXPECT_EQ(total, 40);
    stop.request_stop();
  };
  const CocoScores scores = evaluate(set, found, options);
  EXPECT_FALSE(scores.isComplete());
  EXPECT_GT(scores.images, 0);
  EXPECT_LT(scores.images, 40);
  EXPECT_EQ(scores.allImages, 40);
  EXPECT_NEAR(scores.stats[0], 1.0, 1e-12) << "images that were not looked at are not missed";
  std::int64_t objects = 0;
  for (const auto& one : scores.classes) objects += one.objects;
  EXPECT_EQ(objects, scores.images);
}

TEST(Evaluation, WhatTheSetHasNotIsPassedOverAndMasksMustFit) {
  const CocoSet set = plainSet();
  std::vector<Detection> found = foundAll(set);
  found.push_back(found[0]);
  found.back().image = 999;
  found.push_back(found[0]);
  found.back().category = 999;
  EXPECT_NEAR(evaluate(set, found, of(OverlapOf::Boxes)).stats[0], 1.0, 1e-12);
  found[5].mask = {50, 100, {5000}};
  EXPECT_TRUE(contains(test::errorOf([&] { evaluate(set, found, of(OverlapOf::Masks, 3)); }), "a mask of 50 x 100"));
  CocoSet boxes = plainSet();
  boxes.annotations[3].shape = {};
  EXPECT_TRUE(contains(test::errorOf([&] { evaluate(boxes, foundAll(set), of(OverlapOf::Masks)); }),
                       "annotation 4 has no segmentation; compare boxes"));
}

TEST(Evaluation, OfNothingFoundAllIsMissed) {
  const CocoScores scores = evaluate(plainSet(), {}, of(OverlapOf::Boxes));
  EXPECT_EQ(scores.stats[0], 0);
  EXPECT_EQ(scores.stats[8], 0);
  EXPECT_TRUE(scores.isComplete());
}

}  // namespace
}  // namespace slab::coco
