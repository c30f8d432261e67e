#include "widgets/curve_plot/curve_plot.h"

#include <gtest/gtest.h>

#include <QAccessible>
#include <QSignalSpy>
#include <QTest>
#include <cmath>
#include <limits>

#include "widgets/curve_plot/series.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

using test::makeChunk;
using test::makeSegment;
using test::makeSeries;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Curve curveOf(std::shared_ptr<SeriesStore> data, bool smoothed = false) {
  Curve curve;
  curve.id = "run#loss";
  curve.label = "slab";
  curve.data = std::move(data);
  curve.isSmoothed = smoothed;
  return curve;
}

/// A plot of 1000 x 400 with one curve, drawn.
class CurvePlotTest : public testing::Test {
 protected:
  void show(std::shared_ptr<SeriesStore> data, bool smoothed = false) {
    plot_.resize(1000, 400);
    plot_.setCurves({curveOf(std::move(data), smoothed)});
    plot_.show();
    draw();
  }
  void draw() {
    plot_.refreshNow();
    plot_.canvas()->replot(QCustomPlot::rpImmediateRefresh);
  }
  /// Whether a pixel near (x, y) of the data has the colour of the curve.
  bool isDrawnAt(double x, double y, int radius = 2) {
    const QImage image = plot_.canvas()->grab().toImage();
    const QColor wanted = theme().series(0).colour;
    const int px = qRound(plot_.canvas()->xAxis->coordToPixel(x)), py = qRound(plot_.canvas()->yAxis->coordToPixel(y));
    for (int i = -radius; i <= radius; ++i) {
      for (int j = -radius; j <= radius; ++j) {
        if (!image.rect().contains(px + i, py + j)) continue;
        const QColor c = image.pixelColor(px + i, py + j);
        const int distance = std::abs(c.red() - wanted.red()) + std::abs(c.green() - wanted.green()) +
                             std::abs(c.blue() - wanted.blue());
        if (distance < 120) return true;
      }
    }
    return false;
  }
  CurvePlot plot_{"Loss"};
};

TEST_F(CurvePlotTest, AOneSampleSpikeInAMillionPointsIsVisible) {
  for (const std::int64_t spike : {std::int64_t{1}, std::int64_t{333'333}, std::int64_t{999'998}}) {
    show(makeSeries(1'000'000, [spike](std::int64_t k) { return k == spike ? 50.0 : 1.0; }));
    EXPECT_TRUE(isDrawnAt(static_cast<double>(spike), 49.0)) << spike;
    EXPECT_GE(plot_.canvas()->yAxis->range().upper, 50.0);
  }
}

TEST_F(CurvePlotTest, NonFiniteValuesStandOnTheRailInWords) {
  show(makeSeries(100'000, [](std::int64_t k) {
    return k == 2600 || k == 2601 ? kNaN : k == 70'000 ? -std::numeric_limits<double>::infinity() : 1.0;
  }));
  ASSERT_GE(plot_.railMarks().size(), 2U);
  EXPECT_NE(plot_.railMarks().front().words.indexOf("NaN at 2"), -1) << plot_.railMarks().front().words.toStdString();
  EXPECT_NE(plot_.railMarks().front().words.indexOf("2 points"), -1);
  EXPECT_NE(plot_.railMarks().back().words.indexOf("-Inf"), -1);
  EXPECT_TRUE(std::isfinite(plot_.canvas()->yAxis->range().size())) << "autoscale ignores infinities";
  const QImage image = plot_.canvas()->grab().toImage();
  const int x = qRound(plot_.canvas()->xAxis->coordToPixel(2600)),
            y = plot_.canvas()->axisRect()->top() + theme().px(4);
  EXPECT_EQ(image.pixelColor(x, y).name(), theme().tokens().bad.name()) << "the mark itself is painted";
}

TEST_F(CurvePlotTest, AnIsolatedFinitePointBetweenNaNsIsDrawn) {
  show(makeSeries(11, [](std::int64_t k) { return k == 5 ? 2.0 : k == 0 || k == 10 ? 1.0 : kNaN; }));
  EXPECT_TRUE(isDrawnAt(5, 2.0));
}

TEST_F(CurvePlotTest, LogAxisNamesWhatItCannotShow) {
  show(makeSeries(1000, [](std::int64_t k) { return k == 500 ? 0.0 : 1.0 + static_cast<double>(k); }));
  plot_.setLogY(true);
  draw();
  ASSERT_EQ(plot_.railMarks().size(), 1U);
  EXPECT_NE(plot_.railMarks().front().words.indexOf("not above 0"), -1);
  EXPECT_GT(plot_.canvas()->yAxis->range().lower, 0);
}

TEST_F(CurvePlotTest, LogXKeepsTheFirstStepsDetailed) {
  show(makeSeries(1'000'000, [](std::int64_t k) { return static_cast<double>(k % 2); }));
  plot_.setLogX(true);
  draw();
  int early = 0;
  const auto data = plot_.canvas()->graph(2)->data();
  for (const QCPGraphData& point : *data) early += point.key >= 1 && point.key <= 20 ? 1 : 0;
  EXPECT_GE(early, 19);
}

TEST_F(CurvePlotTest, RawLiesUnderItsAverageAndTheBadgeSaysSo) {
  show(makeSeries(5000, [](std::int64_t k) { return 2 + std::sin(static_cast<double>(k)); }), true);
  EXPECT_NE(plot_.badge().indexOf("moving average, weight 0.95"), -1) << plot_.badge().toStdString();
  EXPECT_NE(plot_.badge().indexOf("lowest and highest of each pixel"), -1);
  plot_.setSmoothing(0);
  draw();
  EXPECT_EQ(plot_.badge().indexOf("average"), -1);
}

TEST_F(CurvePlotTest, TheBadgeCountsThePointsInRange) {
  show(makeSeries(1, [](std::int64_t) { return 1.0; }));
  EXPECT_EQ(plot_.badge().toStdString(), "1 point, drawn");
  show(makeSeries(3, [](std::int64_t k) { return static_cast<double>(k); }));
  EXPECT_EQ(plot_.badge().toStdString(), "3 points, all drawn");
  plot_.link()->setRange(0.5, 1.5);
  draw();
  EXPECT_EQ(plot_.badge().toStdString(), "1 point, drawn");
}

TEST_F(CurvePlotTest, TheLegendShowsTheValueUnderTheCursor) {
  show(makeSeries(101, [](std::int64_t k) { return static_cast<double>(k) / 4; }));
  plot_.link()->setCursor(40);
  ASSERT_EQ(plot_.legend().entries().size(), 1U);
  EXPECT_EQ(plot_.legend().entries().front().value.toStdString(), "10");
}

TEST_F(CurvePlotTest, LinkedPlotsShareCursorAndRange) {
  CurveLink link;
  CurvePlot other("Top-1");
  other.resize(600, 300);
  other.setCurves({curveOf(makeSeries(1000, [](std::int64_t) { return 1.0; }))});
  show(makeSeries(1000, [](std::int64_t k) { return static_cast<double>(k); }));
  plot_.setLink(&link);
  other.setLink(&link);
  link.setRange(100, 200);
  draw();
  other.refreshNow();
  EXPECT_DOUBLE_EQ(plot_.canvas()->xAxis->range().lower, 100);
  EXPECT_DOUBLE_EQ(other.canvas()->xAxis->range().upper, 200);
  QTest::mouseMove(plot_.canvas(), plot_.canvas()->axisRect()->center());
  EXPECT_NEAR(link.cursor(), 150, 2);
  EXPECT_EQ(other.legend().entries().front().value.toStdString(), "1");
}

TEST_F(CurvePlotTest, KeysZoomPanAndShowEverything) {
  show(makeSeries(1000, [](std::int64_t k) { return static_cast<double>(k); }));
  const QCPRange all = plot_.canvas()->xAxis->range();
  QTest::keyClick(&plot_, Qt::Key_Plus);
  draw();
  EXPECT_LT(plot_.canvas()->xAxis->range().size(), all.size());
  const double before = plot_.canvas()->xAxis->range().lower;
  QTest::keyClick(&plot_, Qt::Key_Right);
  draw();
  EXPECT_GT(plot_.canvas()->xAxis->range().lower, before);
  QTest::keyClick(&plot_, Qt::Key_Home);
  draw();
  EXPECT_DOUBLE_EQ(plot_.canvas()->xAxis->range().size(), all.size());
  QTest::keyClick(&plot_, Qt::Key_L);
  EXPECT_TRUE(plot_.isLogY());
}

TEST_F(CurvePlotTest, SupersededPointsStayFaintAndOutsideTheLine) {
  auto store = makeSeries(100, [](std::int64_t) { return 5.0; });
  store->addSegment(makeSegment(2, 60));
  store->append(makeChunk(
      60, 40, [](std::int64_t) { return 1.0; }, 0, 2));
  show(store);
  EXPECT_TRUE(isDrawnAt(80, 1.0));
  EXPECT_FALSE(isDrawnAt(80, 5.0)) << "drawn, but not in the curve's own colour";
  EXPECT_EQ(plot_.canvas()->graph(0)->data()->size() > 0, true);
}

TEST_F(CurvePlotTest, GrowingDataAsksForOneRepaintAtATime) {
  auto store = makeSeries(10, [](std::int64_t) { return 1.0; });
  show(store);
  QSignalSpy replots(plot_.canvas(), &QCustomPlot::afterReplot);
  for (int i = 0; i < 100; ++i) {
    store->append(makeChunk(
        10 + i, 1, [](std::int64_t) { return 1.0; }, 10 + i));
    plot_.refresh();
  }
  QTest::qWait(120);
  EXPECT_GE(replots.count(), 1);
  EXPECT_LE(replots.count(), 5);
}

TEST_F(CurvePlotTest, IsAChartWithWordsToAScreenReader) {
  installCurvePlotAccessibility();
  CurvePlot plot("Loss");
  plot.setCurves({curveOf(makeSeries(100, [](std::int64_t k) { return k == 50 ? kNaN : 2.0; }))});
  plot.refreshNow();
  QAccessibleInterface* chart = QAccessible::queryAccessibleInterface(&plot);
  ASSERT_NE(chart, nullptr);
  EXPECT_EQ(chart->role(), QAccessible::Chart);
  EXPECT_EQ(chart->text(QAccessible::Name).toStdString(), "Loss");
  const QString words = chart->text(QAccessible::Description);
  EXPECT_NE(words.indexOf("slab: last 2 at step 99"), -1) << words.toStdString();
  EXPECT_NE(words.indexOf("NaN at 50"), -1) << words.toStdString();
}

TEST_F(CurvePlotTest, AHandleIsDraggedAlongX) {
  show(makeSeries(1000, [](std::int64_t) { return 0.5; }));
  plot_.setHandles({{QPointF(100, 0.5), {}, false}, {QPointF(800, 0.5), "80 %", true}});
  draw();
  const QPoint at(qRound(plot_.canvas()->xAxis->coordToPixel(800)), qRound(plot_.canvas()->yAxis->coordToPixel(0.5)));
  QSignalSpy released(&plot_, &CurvePlot::handleReleased);
  QTest::mousePress(plot_.canvas(), Qt::LeftButton, {}, at);
  QTest::mouseMove(plot_.canvas(), at - QPoint(100, 0));
  QTest::mouseRelease(plot_.canvas(), Qt::LeftButton, {}, at - QPoint(100, 0));
  ASSERT_EQ(released.count(), 1);
  EXPECT_EQ(released.front().at(0).toInt(), 1) << "the second handle";
  EXPECT_NEAR(released.front().at(1).toDouble(), plot_.canvas()->xAxis->pixelToCoord(at.x() - 100), 1.5);
}

TEST(TickText, IsShortAndExact) {
  const std::pair<double, const char*> cases[] = {{0, "0"},          {1000, "1k"},     {2500, "2.5k"},
                                                  {4e6, "4M"},       {0.75, "0.75"},   {0.0001, "0.0001"},
                                                  {0.00002, "2e-5"}, {-1500, "-1.5k"}, {1e9, "1G"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(tickText(value).toStdString(), text);
}

}  // namespace
}  // namespace slab
