#include "widgets/schedule_editor/schedule_editor.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>
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

TEST(Schedule, APlaceIsInEpochsOnlyWhereTheirLengthIsKnown) {
  Plan plan = samplePlan();
  plan.stepsPerEpoch = 0;
  EXPECT_EQ(placeWords(plan, 800).toStdString(), "80 %, step 800");
}

TEST(ScheduleEditor, WithoutLambdaHasNoHandle) {
  ScheduleEditor editor;
  editor.resize(500, 300);
  editor.setPlan(samplePlan(), false);
  editor.plot().refreshNow();
  EXPECT_TRUE(std::none_of(editor.plot().legend().entries().begin(), editor.plot().legend().entries().end(),
                           [](const LegendEntry& e) { return e.label == "lambda"; }));
}

class ScheduleEditorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    editor_.resize(700, 360);
    editor_.show();
    editor_.setPlan(samplePlan(), true);
    editor_.plot().refreshNow();
  }
  QPoint pixelOf(double step, double height) {
    const QCustomPlot* canvas = editor_.plot().canvas();
    return {qRound(canvas->xAxis->coordToPixel(step)), qRound(canvas->yAxis->coordToPixel(height))};
  }
  void drag(QPoint from, QPoint to) {
    QTest::mousePress(editor_.plot().canvas(), Qt::LeftButton, {}, from);
    QTest::mouseMove(editor_.plot().canvas(), to);
    QTest::mouseRelease(editor_.plot().canvas(), Qt::LeftButton, {}, to);
  }
  ScheduleEditor editor_;
};

TEST_F(ScheduleEditorTest, TheEndsStandInEveryUnit) {
  EXPECT_EQ(editor_.endStop().words().toStdString(), "80 %, step 800, epoch 8.0");
  EXPECT_EQ(editor_.warmupStop().words().toStdString(), "10 %, step 100, epoch 1.0");
  EXPECT_EQ(editor_.endStop().accessibleDescription(), editor_.endStop().words());
}

TEST_F(ScheduleEditorTest, BothEndsAreDraggedInWholePerCent) {
  QSignalSpy end(&editor_, &ScheduleEditor::lambdaEndMoved), warmup(&editor_, &ScheduleEditor::warmupMoved);
  drag(pixelOf(800, 0), pixelOf(602, 0));
  ASSERT_GE(end.count(), 1);
  EXPECT_EQ(end.back().front().toInt(), 60);
  EXPECT_EQ(warmup.count(), 0);
  drag(pixelOf(100, 1), pixelOf(248, 1));
  ASSERT_GE(warmup.count(), 1);
  EXPECT_EQ(warmup.back().front().toInt(), 25);
}

TEST_F(ScheduleEditorTest, NeitherEndPassesTheOtherOrTheRun) {
  QSignalSpy end(&editor_, &ScheduleEditor::lambdaEndMoved), warmup(&editor_, &ScheduleEditor::warmupMoved);
  drag(pixelOf(800, 0), pixelOf(20, 0));
  EXPECT_EQ(end.back().front().toInt(), 10);
  drag(pixelOf(800, 0), pixelOf(1000, 0) + QPoint(200, 0));
  EXPECT_EQ(end.back().front().toInt(), 100);
  drag(pixelOf(100, 1), pixelOf(950, 1));
  EXPECT_EQ(warmup.back().front().toInt(), 80);
}

TEST_F(ScheduleEditorTest, TheKeyboardMovesTheEndsToo) {
  QSignalSpy end(&editor_, &ScheduleEditor::lambdaEndMoved), warmup(&editor_, &ScheduleEditor::warmupMoved);
  QTest::keyClick(&editor_.endStop(), Qt::Key_Left);
  EXPECT_EQ(end.back().front().toInt(), 79);
  editor_.setPlan(samplePlan(), true);  // nobody took the wish
  QTest::keyClick(&editor_.endStop(), Qt::Key_PageUp);
  EXPECT_EQ(end.back().front().toInt(), 90);
  QTest::keyClick(&editor_.warmupStop(), Qt::Key_Home);
  EXPECT_EQ(warmup.back().front().toInt(), 0);
}

TEST_F(ScheduleEditorTest, SaysTheProblemsOfTheScheduleAlone) {
  EXPECT_TRUE(editor_.problemsText().isEmpty());
  editor_.setIssues({{ConfigIssue::Severity::Warning, "prepbn.lambda_end", "lambda falls within 20 steps",
                      Mend{"Set it", "k", 1, ""}},
                     {ConfigIssue::Severity::Error, "data.root", "is missing", std::nullopt}});
  EXPECT_TRUE(editor_.problemsText().contains("lambda falls within 20 steps"));
  EXPECT_TRUE(editor_.problemsText().contains("Set it"));
  EXPECT_FALSE(editor_.problemsText().contains("is missing"));
}

TEST_F(ScheduleEditorTest, AFallBeyondTheRunIsShownWhereItEnds) {
  Plan plan = samplePlan();
  plan.lambda.end = 1200;
  editor_.setPlan(plan, true);
  editor_.plot().refreshNow();
  EXPECT_GT(editor_.plot().canvas()->xAxis->range().upper, 1200);
  EXPECT_EQ(editor_.endStop().words().toStdString(), "120 %, step 1\u202F200, epoch 12.0");
}

}  // namespace
}  // namespace slab
