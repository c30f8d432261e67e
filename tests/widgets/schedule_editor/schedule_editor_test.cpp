#include "widgets/schedule_editor/schedule_editor.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace slab {
namespace {

Plan samplePlan() {
  Plan plan;
  plan.totalSteps = 1000;
  plan.stepsPerEpoch = 100;
  plan.lambda = {100, 800};
  plan.lr = {LrScheduleKind::WarmupCosine, 2e-3, 0, 0, 50, 1000};
  return plan;
}

double interpolate(const QVector<QPointF>& points, double x) {
  for (qsizetype i = 1; i < points.size(); ++i) {
    if (x > points[i].x()) continue;
    const QPointF a = points[i - 1], b = points[i];
    return b.x() == a.x() ? b.y() : a.y() + (b.y() - a.y()) * (x - a.x()) / (b.x() - a.x());
  }
  return points.last().y();
}

TEST(Schedule, DrawnLambdaIsTheTrainersLambdaAtEveryStep) {
  const Plan plan = samplePlan();
  const auto points = lambdaPoints(plan);
  for (std::int64_t k = 0; k < plan.totalSteps; ++k) {
    ASSERT_NEAR(interpolate(points, static_cast<double>(k)), plan.lambda.at(k), 1e-12) << k;
  }
}

TEST(Schedule, DrawnRateMeetsTheCornerOfTheWarmUp) {
  const Plan plan = samplePlan();
  const auto points = learningRatePoints(plan);
  for (const std::int64_t k : {std::int64_t{0}, std::int64_t{50}, std::int64_t{500}, std::int64_t{999}}) {
    EXPECT_NEAR(interpolate(points, static_cast<double>(k)), plan.lr.at(k), 0.02 * 2e-3) << k;
  }
}

TEST(Schedule, PhasesCoverTheRunWithoutGaps) {
  const auto phases = lambdaPhases(samplePlan());
  ASSERT_EQ(phases.size(), 3U);
  EXPECT_EQ(phases.front().from, 0);
  for (std::size_t i = 1; i < phases.size(); ++i) EXPECT_EQ(phases[i].from, phases[i - 1].to);
  EXPECT_EQ(phases.back().to, 1000);
  EXPECT_EQ(lambdaEndWords(samplePlan()).toStdString(), "80 %, step 800, epoch 8.0");
}

TEST(ScheduleEditor, WithoutLambdaHasNoHandle) {
  ScheduleEditor editor;
  editor.resize(500, 300);
  editor.setPlan(samplePlan(), false);
  editor.plot().refreshNow();
  EXPECT_TRUE(std::none_of(editor.plot().legend().entries().begin(), editor.plot().legend().entries().end(),
                           [](const LegendEntry& e) { return e.label == "lambda"; }));
}

}  // namespace
}  // namespace slab
