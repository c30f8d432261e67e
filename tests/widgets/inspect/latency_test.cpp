#include <gtest/gtest.h>

#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>

#include "widgets/gallery/synthetic.h"
#include "widgets/latency_chart/accuracy_scatter.h"
#include "widgets/latency_chart/latency_table.h"
#include "widgets/latency_chart/time_breakdown.h"

namespace slab {
namespace {

TEST(LatencyNumbers, ThreeSignificantDigits) {
  EXPECT_EQ(formatMilliseconds(134.2), "134");
  EXPECT_EQ(formatMilliseconds(99.96), "100");
  EXPECT_EQ(formatMilliseconds(30.44), "30.4");
  EXPECT_EQ(formatMilliseconds(9.996), "10.0");
  EXPECT_EQ(formatMilliseconds(0.4123), "0.412");
}

TEST(LatencyNumbers, DifferencesCarryASign) {
  EXPECT_EQ(formatPercent(11.24), "+11.2 %");
  EXPECT_EQ(formatPercent(-0.42), QString(QChar(0x2212)) + "0.4 %");
  EXPECT_EQ(formatPercent(0.0), "0");
  EXPECT_EQ(formatInterval({}), QString(QChar(0x2014)));
}

TEST(LatencyNumbers, TicksCoverTheRangeInRoundSteps) {
  for (const double high : {0.013, 0.9, 4.0, 38.9, 1234.0}) {
    const auto ticks = niceTicks(0.0, high, 4);
    EXPECT_EQ(ticks.front(), 0.0);
    EXPECT_GE(ticks.back(), high);
    EXPECT_LE(ticks.size(), 8U);
  }
}

TEST(LatencyExport, CsvHasAHeaderAndOneFullPrecisionLineARow) {
  const auto rows = gallery::latencyRows();
  const QStringList lines = toCsv(rows).trimmed().split('\n');
  ASSERT_EQ(lines.size(), static_cast<qsizetype>(rows.size()) + 1);
  for (const QString& line : lines) {
    // Labels hold commas inside quotes.
    QString bare = line;
    bare.remove(QRegularExpression("\"[^\"]*\""));
    EXPECT_EQ(bare.count(','), 10) << line.toStdString();
  }
  EXPECT_TRUE(lines[1].contains("30.401"));
}

TEST(LatencyExport, EachFormatIsAValidFile) {
  QTemporaryDir folder;
  LatencyBars bars;
  bars.setRows(gallery::latencyRows());
  TimeBreakdown parts;
  parts.setRows(gallery::latencyRows());
  AccuracyScatter scatter;
  scatter.setPoints({{"a", 0, 10, 80}, {"b", 1, 20, 82}});
  int number = 0;
  for (Figure* figure : std::initializer_list<Figure*>{&bars, &parts, &scatter}) {
    figure->resize(600, 300);
    for (const auto& [suffix, magic] : std::initializer_list<std::pair<const char*, const char*>>{
             {"png", "\x89PNG"}, {"pdf", "%PDF-"}, {"svg", "<?xml"}}) {
      const QString path = folder.filePath(QStringLiteral("%1.%2").arg(++number).arg(suffix));
      ASSERT_TRUE(figure->exportTo(path));
      QFile file(path);
      ASSERT_TRUE(file.open(QIODevice::ReadOnly));
      EXPECT_TRUE(file.read(8).startsWith(magic)) << path.toStdString();
      EXPECT_GT(file.size(), 1000);
    }
  }
}

TEST(LatencyExport, AFailureIsToldInWords) {
  LatencyBars bars;
  bars.resize(300, 200);
  QString problem;
  EXPECT_FALSE(bars.exportTo("/nonexistent/figure.pdf", &problem));
  EXPECT_TRUE(problem.contains("/nonexistent/figure.pdf"));
  EXPECT_FALSE(bars.exportTo("figure.txt", &problem));
  EXPECT_TRUE(problem.contains(".png"));
}

TEST(TimeBreakdown, MeasuresHowFarThePartsMissTheTotal) {
  TimeBreakdown parts;
  LatencyRow row;
  row.mean = 10.0;
  row.parts = {{0, 4.0}, {5, 5.5}};
  parts.setRows({row});
  EXPECT_NEAR(parts.worstGap(), 0.05, 1e-12);
}

TEST(PartOf, KnowsTheWorkersNames) {
  EXPECT_EQ(partNames()[static_cast<std::size_t>(partOf("norm"))], "norms");
  EXPECT_EQ(partNames()[static_cast<std::size_t>(partOf("layers.0.blocks.1.attn.qkv"))], "qkv + proj");
  EXPECT_EQ(partNames()[static_cast<std::size_t>(partOf("attention"))], "attention core");
  EXPECT_EQ(partNames()[static_cast<std::size_t>(partOf("mlp"))], "MLP");
  EXPECT_EQ(partOf("layers.0"), static_cast<int>(partNames().size()) - 1);
}

TEST(AccuracyScatter, FrontHoldsWhatNothingBeats) {
  const std::vector<AccuracyPoint> points{
      {"slow good", 0, 30, 83}, {"fast", 0, 10, 77}, {"beaten", 0, 12, 76}, {"mid", 0, 20, 81}};
  EXPECT_EQ(paretoFront(points), (std::vector<std::size_t>{1, 3, 0}));
}

TEST(AccuracyScatter, DrawsIntervalsAndJoinsFamiliesInTheirColour) {
  AccuracyScatter scatter;
  scatter.resize(600, 400);
  scatter.setJoined(AccuracyScatter::Joined::Families);
  scatter.setValueName("box AP, %");
  const auto pixelsOf = [&](const QColor& colour) {
    const QImage shot = scatter.grab().toImage();
    int count = 0;
    for (int y = 0; y < shot.height(); ++y) {
      for (int x = 0; x < shot.width(); ++x) count += shot.pixelColor(x, y) == colour ? 1 : 0;
    }
    return count;
  };
  const QColor first = theme().tokens().series[0];
  scatter.setPoints({{"T", 0, 40, 42}, {"S", 0, 60, 46}});
  const int markers = pixelsOf(first);
  EXPECT_GT(markers, 40);
  scatter.setPoints({{"T", 0, 40, 42, 0, 0, "Swin"}, {"S", 0, 60, 46, 0, 0, "Swin"}});
  EXPECT_GT(pixelsOf(first), markers + 20) << "a line joins them";
  scatter.setPoints({{"T", 0, 40, 42, 30, 50}, {"S", 0, 60, 46}});
  EXPECT_GT(pixelsOf(first), markers + 20) << "the interval";
  EXPECT_TRUE(scatter.accessibleName().contains("box AP"));
  EXPECT_TRUE(scatter.accessibleDescription().contains("30 to 50 ms")) << scatter.accessibleDescription().toStdString();
}

TEST(LatencyComparison, UnmeasuredRowsShowDashesNotZeros) {
  LatencyComparison comparison;
  LatencyRow row;
  row.label = "SLAB";
  comparison.setRows({row});
  EXPECT_EQ(comparison.table()->model()->index(0, LatencyModel::P50).data().toString(), QString(QChar(0x2014)));
}

}  // namespace
}  // namespace slab
