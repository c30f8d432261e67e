// What the window offers to change when a failed run goes back to a checkpoint.
#include "app/gui/roll_back.h"

#include <gtest/gtest.h>

namespace slab {
namespace {

RunRow failedRun(qint64 warmup, qint64 end) {
  RunRow run;
  run.name = "swin";
  run.config["optim.lr"] = "0.001";
  run.usesLambda = true;
  run.plan.totalSteps = 1000;
  run.plan.lambda = {warmup, end};
  return run;
}

TEST(RollBack, HalfTheRateIsAConfigurationsKey) {
  const auto way = halfRate(failedRun(0, 50), 500);
  ASSERT_TRUE(way);
  EXPECT_EQ(way->step, 500);
  EXPECT_EQ(way->settings, QStringList{"optim.lr=0.0005"});
  EXPECT_EQ(way->name, "swin-half-lr");
  EXPECT_EQ(way->words, "learning rate 0.0005 instead of 0.001");
  EXPECT_FALSE(halfRate(RunRow(), 500)) << "no rate is known";
}

TEST(RollBack, ALongerTransitionTakesTwiceTheStepsUpToTheEndOfTheRun) {
  const auto way = longerTransition(failedRun(20, 420), 300);
  ASSERT_TRUE(way);
  EXPECT_EQ(way->settings, QStringList{"prepbn.lambda_end=820"});
  EXPECT_EQ(way->words, "lambda reaches 0 at step 820 (82 %) instead of 420");
  EXPECT_EQ(longerTransition(failedRun(0, 800), 300)->settings, QStringList{"prepbn.lambda_end=1000"});
  EXPECT_TRUE(longerTransition(failedRun(0, 400), 500)) << "lambda is 0 there, and would not be";
}

TEST(RollBack, ALongerTransitionThatWouldChangeNothingIsNotOffered) {
  const auto why = [](const RunRow& run, qint64 step) {
    EXPECT_FALSE(longerTransition(run, step));
    return whyNoLongerTransition(run, step).toStdString();
  };
  // From 5 % to 10 %, and the last good checkpoint is at 50 %.
  EXPECT_NE(why(failedRun(0, 50), 500).find("over at step 100, before the last good checkpoint (step 500)"),
            std::string::npos);
  EXPECT_FALSE(longerTransition(failedRun(0, 50), 100)) << "lambda is 0 at its end already";
  EXPECT_TRUE(longerTransition(failedRun(0, 50), 99));
  EXPECT_EQ(why(failedRun(0, 1000), 500), "Lambda already falls until the end of the run");
  RunRow without = failedRun(0, 50);
  without.usesLambda = false;
  EXPECT_NE(why(without, 10).find("PRepBN"), std::string::npos);
}

}  // namespace
}  // namespace slab
