#include "core/train/step_meter.h"

#include <gtest/gtest.h>

namespace slab::train {
namespace {

TEST(StepMeter, KnowsNoEtaBeforeFiveSteps) {
  StepMeter meter;
  for (int i = 0; i < 4; ++i) meter.addStep(0.5, 0, 10);
  EXPECT_EQ(meter.etaSeconds(100, 0, 0), -1.0);
  meter.addStep(0.5, 0, 10);
  EXPECT_DOUBLE_EQ(meter.etaSeconds(100, 0, 0), 50.0);
}

TEST(StepMeter, OneSlowStepDoesNotMoveTheEta) {
  StepMeter meter;
  meter.addStep(60.0, 0, 10);
  for (int i = 0; i < 10; ++i) meter.addStep(0.1, 0, 10);
  EXPECT_DOUBLE_EQ(meter.etaSeconds(10, 0, 0), 1.0);
}

TEST(StepMeter, EvaluationsAndCheckpointsAreCountedIn) {
  StepMeter meter;
  for (int i = 0; i < 5; ++i) meter.addStep(0.1, 0, 10);
  meter.addEvaluation(4.0);
  meter.addCheckpoint(1.0);
  EXPECT_DOUBLE_EQ(meter.etaSeconds(10, 2, 3), 1.0 + 8.0 + 3.0);
}

TEST(StepMeter, RatesStartAnewAfterARestart) {
  StepMeter meter;
  meter.addStep(1.0, 0.25, 100);
  meter.addStep(1.0, 0.75, 100);
  EXPECT_DOUBLE_EQ(meter.imagesPerSecond(), 100.0);
  EXPECT_DOUBLE_EQ(meter.dataWaitSeconds(), 0.5);
  meter.restart();
  EXPECT_DOUBLE_EQ(meter.imagesPerSecond(), 0.0);
  meter.addStep(2.0, 0, 100);
  EXPECT_DOUBLE_EQ(meter.imagesPerSecond(), 50.0);
  EXPECT_NEAR(meter.recentImagesPerSecond(100), 75.0, 1e-9) << "the recent rate spans restarts";
}

}  // namespace
}  // namespace slab::train
