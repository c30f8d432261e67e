// The workspace Latency without a worker: what of a measurement is kept and drawn.
#include "app/gui/panels/latency_panel.h"

#include <gtest/gtest.h>

#include <QTemporaryDir>
#include <QTest>

#include "app/gui/panels/run_config.h"
#include "gui/sample_project.h"
#include "gui/shown_window.h"

namespace slab {
namespace {

constexpr int kPatience = 10'000;

test::SampleRun detector(const char* name, const char* norm, const char* attention) {
  test::SampleRun run = test::sampleDetector(0);
  run.name = name;
  run.norm = norm;
  run.attention = attention;
  return run;
}

class LatencyPanelTest : public testing::Test {
 protected:
  void SetUp() override {
    test::writeSampleRun(project_.path().toStdString(), {"classifier", "demo_minute"});
    for (const auto& run : {detector("slab", "prep_bn", "LLSS"), detector("slab-again", "prep_bn", "LLSS"),
                            detector("prepbn", "prep_bn", "SSSS"), detector("plain", "layer_norm", "SSSS")}) {
      test::writeSampleRun(project_.path().toStdString(), run);
    }
  }
  [[nodiscard]] QString path(const QString& run) const { return project_.path() + "/runs/" + run; }

  QTemporaryDir project_;
};

/// A window on the project with Latency and a run in front.
class Opened {
 public:
  Opened(const QString& project, const QString& run) : window_(test::showWindow(session_)) {
    session_.openProject(project);
    session_.showWorkspace("latency");
    EXPECT_TRUE(QTest::qWaitFor([&] { return session_.run(run) != nullptr; }, kPatience));
    session_.setCurrentRun(run);
    panel_ = window_->findChild<LatencyPanel*>();
  }
  /// Waits until so many points are drawn.
  [[nodiscard]] const std::vector<AccuracyPoint>& points(std::size_t count) const {
    EXPECT_TRUE(QTest::qWaitFor([&] { return scatter().points().size() == count && panel_->isSettled(); }, kPatience))
        << scatter().points().size();
    return scatter().points();
  }
  [[nodiscard]] const AccuracyScatter& scatter() const { return panel_->scatter(); }
  [[nodiscard]] LatencyPanel& panel() const { return *panel_; }
  void setCurrentRun(const QString& run) { session_.setCurrentRun(run); }

 private:
  Session session_;
  std::unique_ptr<MainWindow> window_;
  LatencyPanel* panel_ = nullptr;
};

BenchRow took(const char* label, double mean, double low, double high) {
  BenchRow row;
  row.label = label;
  row.mean = row.p50 = mean;
  row.low = low;
  row.high = high;
  return row;
}

TEST_F(LatencyPanelTest, ADetectorsBoxApIsDrawnByFamiliesAndKeptInTheProject) {
  {
    const Opened opened(project_.path(), path("slab"));
    BenchReport report;
    report.rows = {took("a", 50, 49, 51.5), took("b", 60, 58, 61), took("c", 70, 69, 71), took("d", 80, 79, 81)};
    opened.panel().showReport(
        report, {{"a", path("slab")}, {"b", path("slab-again")}, {"c", path("prepbn")}, {"d", path("plain")}});
    EXPECT_EQ(opened.points(4).size(), 4U);
  }
  const Opened again(project_.path(), path("slab"));
  std::map<QString, AccuracyPoint> byName;
  for (const AccuracyPoint& point : again.points(4)) byName[point.label] = point;
  ASSERT_EQ(byName.size(), 4U) << "what was measured before is there";
  EXPECT_EQ(again.scatter().valueName(), "box AP, %");
  EXPECT_EQ(again.scatter().joined(), AccuracyScatter::Joined::Families);
  const AccuracyPoint& slab = byName["slab"];
  EXPECT_NEAR(slab.accuracy, 1.2 * 21.4, 0.2) << "of boxes, not of masks";
  EXPECT_EQ(slab.milliseconds, 50);
  EXPECT_EQ(slab.low, 49);
  EXPECT_EQ(slab.high, 51.5);
  EXPECT_EQ(slab.family, "Swin, SLAB");
  EXPECT_EQ(byName["slab-again"].family, slab.family);
  EXPECT_EQ(byName["prepbn"].family, "Swin, PRepBN");
  EXPECT_EQ(byName["plain"].family, "Swin, LayerNorm");
}

TEST_F(LatencyPanelTest, AClassifiersTopOneIsDrawnWithTheFront) {
  EXPECT_EQ(saveLatency(path("classifier"), {2.5, 2.4, 2.6, 8}), "");
  EXPECT_EQ(saveLatency(path("slab"), {50, 49, 51, 1}), "");
  Opened opened(project_.path(), path("classifier"));
  const auto& points = opened.points(1);
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0].label, "classifier");
  EXPECT_NEAR(points[0].accuracy, 86.6, 1e-9);
  EXPECT_TRUE(points[0].family.isEmpty());
  EXPECT_EQ(opened.scatter().valueName(), "top-1, %");
  EXPECT_EQ(opened.scatter().joined(), AccuracyScatter::Joined::Front);
  opened.setCurrentRun(path("slab"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return opened.scatter().valueName() == "box AP, %"; }, kPatience));
  EXPECT_EQ(opened.points(1)[0].label, "slab") << "AP and top-1 are not compared";
}

TEST_F(LatencyPanelTest, AMeasurementThatCanNotBeKeptSaysWhy) {
  EXPECT_NE(saveLatency("/dev/null", {1, 1, 1, 1}), "");
  EXPECT_TRUE(readMeasured({path("slab"), "/dev/null"}).empty()) << "nothing was measured";
}

}  // namespace
}  // namespace slab
