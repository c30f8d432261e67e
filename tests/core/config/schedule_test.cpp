#include "core/config/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace slab {
namespace {

// The reference's counters, stepped call by call (specification, section 1.2).
struct ReferenceCounters {
  std::int64_t warm, iter, total;
  bool isWarm = false;
  double step() {
    isWarm = warm > 0;
    if (isWarm) {
      --warm;
      return 1.0;
    }
    const double lambda = static_cast<double>(iter) / static_cast<double>(total);
    if (iter > 0) --iter;
    return lambda;
  }
};

TEST(LambdaSchedule, EqualsTheReferencesCountersAtEveryStep) {
  for (const auto& [warm, total] :
       std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 4}, {1, 3}, {5, 1}, {3, 10}}) {
    const LambdaSchedule schedule{warm, warm + total};
    ReferenceCounters reference{warm, total, total};
    for (std::int64_t k = 0; k < warm + total + 5; ++k) {
      EXPECT_EQ(schedule.warmBuffer(k), reference.warm) << k;
      EXPECT_EQ(schedule.iterBuffer(k), reference.iter) << k;
      EXPECT_EQ(schedule.totalStepBuffer(), total);
      EXPECT_NEAR(schedule.at(k), reference.step(), 1e-15) << k;
      EXPECT_EQ(schedule.isWarmup(k), reference.isWarm) << k;
    }
  }
}

TEST(LrSchedule, TimmCosineHasTheSpecificationsSampleValues) {
  // 8 x 128 images, 1251 steps an epoch, 300 epochs: t is one step behind the optimizer step.
  const LrSchedule schedule{LrScheduleKind::TimmCosine, 1e-3, 1e-6, 1e-5, 25020, 375300};
  const std::vector<std::pair<std::int64_t, double>> samples{
      {1251, 5.09500e-5},   {12510, 5.00500e-4},  {25020, 9.89183e-4}, {100000, 8.36466e-4},
      {187650, 5.05000e-4}, {300000, 1.05122e-4}, {375300, 1.0e-5},    {400000, 1.0e-5}};
  for (const auto& [t, rate] : samples) EXPECT_NEAR(schedule.at(t + 1), rate, rate * 1e-5) << t;
  EXPECT_EQ(schedule.at(0), schedule.at(1));
  EXPECT_EQ(schedule.at(0), 1e-6);
}

TEST(LrSchedule, WarmupCosineFollowsItsFormula) {
  const LrSchedule schedule{LrScheduleKind::WarmupCosine, 2e-3, 0.0, 0.0, 100, 936};
  for (const std::int64_t k : {0, 1, 50, 99, 100, 500, 935}) {
    const double expected = std::min(1.0, static_cast<double>(k + 1) / 100) * 2e-3 *
                            (1 + std::cos(M_PI * static_cast<double>(k) / 936)) / 2;
    EXPECT_NEAR(schedule.at(k), expected, 1e-12);
  }
}

// mmdet's: regular rate at epochs below 8, from 8 and from 11 on, times 1 - (1 - k / 500)(1 - 0.001) in the warm-up.
TEST(LrSchedule, StepFallsAtItsMilestonesBehindALinearWarmUp) {
  RunConfig config;
  config.data.type = DataType::Coco;
  config.train.batch = 2;
  config.train.accumulate = 8;
  config.train.epochs = 12;
  config.optim.schedule = LrScheduleKind::Step;
  config.optim.lr = 1e-4;
  config.optim.lrBatch = 16;
  config.optim.warmup = Duration::steps(500);
  config.optim.warmupLr = 1e-7;
  const Plan plan = makePlan(config, 117266);
  ASSERT_EQ(plan.stepsPerEpoch, 7329);
  EXPECT_NEAR(plan.lr.at(0), 1e-7, 1e-18);
  EXPECT_NEAR(plan.lr.at(250), 1e-4 * (1 - 0.5 * 0.999), 1e-16);
  EXPECT_DOUBLE_EQ(plan.lr.at(500), 1e-4);
  EXPECT_DOUBLE_EQ(plan.lr.at(8 * 7329 - 1), 1e-4);
  EXPECT_NEAR(plan.lr.at(8 * 7329), 1e-5, 1e-18);
  EXPECT_NEAR(plan.lr.at(11 * 7329 - 1), 1e-5, 1e-18);
  EXPECT_NEAR(plan.lr.at(11 * 7329), 1e-6, 1e-18);
  EXPECT_NEAR(plan.lr.at(12 * 7329 - 1), 1e-6, 1e-18);
}

TEST(Plan, EpochsDropTheShortBatchUnlessAskedNotTo) {
  RunConfig config;
  config.train.batch = 128;
  config.train.epochs = 2;
  EXPECT_EQ(makePlan(config, 60000).stepsPerEpoch, 468);
  EXPECT_EQ(makePlan(config, 60000).totalSteps, 936);
  config.data.dropLast = false;
  EXPECT_EQ(makePlan(config, 60000).stepsPerEpoch, 469);
  config.data.limit = 24000;
  EXPECT_EQ(makePlan(config, 60000).images, 24000);
  config.train.steps = 7;
  EXPECT_EQ(makePlan(config, 60000).totalSteps, 7);
}

TEST(Plan, TheCooldownFollowsTheScheduleAtTheMinimumRate) {
  RunConfig config;
  config.train.batch = 128;
  config.train.epochs = 2;
  config.optim.minLr = 1e-5;
  for (const auto kind : {LrScheduleKind::TimmCosine, LrScheduleKind::WarmupCosine}) {
    config.optim.schedule = kind;
    config.optim.cooldown = Duration::steps(0);
    const Plan without = makePlan(config, 60000);
    config.optim.cooldown = Duration::epochs(1);
    const Plan with = makePlan(config, 60000);
    EXPECT_EQ(with.totalSteps, 3 * 468);
    EXPECT_DOUBLE_EQ(with.lr.at(900), without.lr.at(900)) << "the schedule itself is not stretched";
    EXPECT_DOUBLE_EQ(with.lr.at(3 * 468 - 1), 1e-5);
  }
}

TEST(Plan, WatchesAtLeastEveryStepUnlessSwitchedOff) {
  RunConfig config;
  config.train.steps = 12;
  EXPECT_EQ(makePlan(config, 60000).watchEvery, 1) << "1 % of 12 steps";
  config.prepbn.watchEvery = Duration::steps(0);
  EXPECT_EQ(makePlan(config, 60000).watchEvery, 0);
}

TEST(Plan, RatesScaleWithTheEffectiveBatchWhenAsked) {
  RunConfig config;
  config.optim.lr = 5e-4;
  config.optim.warmupLr = 5e-7;
  config.train.batch = 128;
  EXPECT_DOUBLE_EQ(makePlan(config, 1281167, 8).lr.base, 5e-4);
  config.optim.lrBatch = 512;
  EXPECT_DOUBLE_EQ(makePlan(config, 1281167, 8).lr.base, 1e-3);
  EXPECT_DOUBLE_EQ(makePlan(config, 1281167, 8).lr.warmupStart, 1e-6);
  EXPECT_EQ(makePlan(config, 1281167, 8).stepsPerEpoch, 1251);
}

}  // namespace
}  // namespace slab
