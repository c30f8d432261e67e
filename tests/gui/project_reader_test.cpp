// What the window makes of a run's configuration and its own words.
#include "app/gui/project_reader.h"

#include <gtest/gtest.h>

#include "core/config/load.h"

namespace slab {
namespace {

RunConfig configOf(const std::string& preset, std::vector<std::string> overrides = {}) {
  return loadConfig({preset, {}, {}, std::move(overrides)}).config;
}

RunSummary summaryOf(std::int64_t step, std::int64_t steps, double epoch) {
  RunSummary run;
  run.step = step, run.steps = steps, run.epoch = epoch;
  return run;
}

RunRow rowOf(const RunConfig& config, const RunSummary& run) {
  RunRow row;
  row.plan = planOf(config, run);
  row.config = flattenConfig(QByteArray::fromStdString(toJsonText(config)));
  return row;
}

TEST(PlanOfARun, StepsOnASetOfUnknownSizeAreNoEpochs) {
  const RunConfig config = configOf("mask_rcnn_scenes", {"train.steps=2000"});
  const RunRow row = rowOf(config, summaryOf(0, 2000, 0));
  EXPECT_EQ(row.plan.totalSteps, 2000);
  EXPECT_EQ(row.plan.stepsPerEpoch, 0);
  EXPECT_EQ(totalEpochs(row), 0) << "train.epochs is a default that train.steps overrides";
}

TEST(PlanOfARun, AnEpochIsAsLongAsTheRunSays) {
  const RunConfig config = configOf("mask_rcnn_scenes", {"train.steps=2000"});
  const RunRow row = rowOf(config, summaryOf(1000, 2000, 4));
  EXPECT_EQ(row.plan.stepsPerEpoch, 250);
  EXPECT_DOUBLE_EQ(totalEpochs(row), 8);
}

TEST(PlanOfARun, EpochsOfTheConfigurationTellBeforeTheFirstStep) {
  const RunConfig config = configOf("mask_rcnn_scenes", {"train.steps=0", "train.epochs=8"});
  EXPECT_EQ(planOf(config, summaryOf(0, 2000, 0)).stepsPerEpoch, 250);
}

TEST(PlanOfARun, IsEmptyWhileItCountsInEpochsOfUnknownLength) {
  const RunConfig config = configOf("mask_rcnn_scenes", {"train.steps=2000", "prepbn.lambda_end=4ep"});
  const RunRow row = rowOf(config, summaryOf(0, 2000, 0));
  EXPECT_EQ(row.plan.totalSteps, 0);
  EXPECT_EQ(totalEpochs(row), 0);
  EXPECT_EQ(planOf(config, summaryOf(10, 2000, 0.04)).lambda.end, 1000);
}

TEST(PlanOfARun, FashionMnistNeedsNoWordsOfTheRun) {
  EXPECT_EQ(planOf(configOf("demo"), summaryOf(0, 0, 0)).totalSteps, 936);
}

TEST(PlanOfARun, IsThatOfAllItsProcesses) {
  RunSummary pair = summaryOf(0, 0, 0);
  pair.processes = 2;
  const Plan known = planOf(configOf("demo", {"optim.lr_batch=128"}), pair);
  EXPECT_EQ(known.totalSteps, 468);
  EXPECT_EQ(known.effectiveBatch, 256);
  EXPECT_DOUBLE_EQ(known.lr.base, 4e-3);
  pair = summaryOf(1000, 2000, 4);
  pair.processes = 2;
  const RunConfig config = configOf("mask_rcnn_scenes", {"train.steps=2000"});
  const Plan told = planOf(config, pair), alone = planOf(config, summaryOf(1000, 2000, 4));
  EXPECT_EQ(told.stepsPerEpoch, 250);
  EXPECT_EQ(told.effectiveBatch, 2 * alone.effectiveBatch);
}

}  // namespace
}  // namespace slab
