#include "widgets/curve_plot/curve_export.h"

#include <gtest/gtest.h>

#include <QFile>
#include <QImage>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <limits>

#include "core/base/error.h"
#include "widgets/curve_plot/curve_plot.h"
#include "widgets/curve_plot/series.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

class Export : public testing::Test {
 protected:
  void SetUp() override {
    Curve curve;
    curve.label = "slab, \"first\"";
    curve.data = test::makeSeries(200, [](std::int64_t k) {
      return k == 7 ? std::numeric_limits<double>::quiet_NaN() : 1.0 / 3.0 + static_cast<double>(k);
    });
    curve.isSmoothed = true;
    plot_.resize(700, 360);
    plot_.setCurves({curve});
    plot_.show();
    plot_.refreshNow();
  }
  QByteArray bytes(const QString& file) {
    QFile f(file);
    return f.open(QIODevice::ReadOnly) ? f.readAll() : QByteArray();
  }
  QTemporaryDir folder_;
  CurvePlot plot_{"Loss"};
};

TEST_F(Export, CsvHoldsEveryPointExactly) {
  const QString file = folder_.filePath("loss.csv");
  exportFigure(plot_, file);
  const QList<QByteArray> lines = bytes(file).trimmed().split('\n');
  ASSERT_EQ(lines.size(), 201);
  EXPECT_EQ(lines[0].toStdString(), "step,time,\"slab, \"\"first\"\"\"");
  EXPECT_TRUE(lines[8].endsWith(",nan"));
  EXPECT_EQ(lines[4].split(',').last().toDouble(), 1.0 / 3.0 + 3);
}

TEST_F(Export, PngIsTwiceThePixelsAndLight) {
  theme().apply(ThemeKind::Dark);
  const QString file = folder_.filePath("loss.png");
  exportFigure(plot_, file);
  const QImage image(file);
  EXPECT_GE(image.width(), 1400);
  EXPECT_EQ(image.pixelColor(2, 2).name(), tokensOf(ThemeKind::Light).panel.name());
  theme().apply(ThemeKind::Light);
}

TEST_F(Export, SvgIsValidAndHasTitleLegendAndAxis) {
  const QString file = folder_.filePath("loss.svg");
  exportFigure(plot_, file);
  QSvgRenderer renderer(file);
  EXPECT_TRUE(renderer.isValid());
  const QByteArray text = bytes(file);
  for (const char* words : {">Loss<", "slab, ", ">step<"}) EXPECT_TRUE(text.contains(words)) << words;
  EXPECT_LT(text.size(), 400'000);
}

TEST_F(Export, PdfIsAPdfOfOnePage) {
  const QString file = folder_.filePath("loss.pdf");
  exportFigure(plot_, file);
  const QByteArray text = bytes(file);
  EXPECT_TRUE(text.startsWith("%PDF-"));
  EXPECT_TRUE(text.trimmed().endsWith("%%EOF"));
  EXPECT_TRUE(text.contains("/Count 1"));
}

TEST_F(Export, LeavesThePlotAsItWas) {
  const QColor before = plot_.canvas()->xAxis->tickLabelColor();
  const QSize size = plot_.canvas()->viewport().size();
  exportFigure(plot_, folder_.filePath("a.png"));
  EXPECT_EQ(plot_.canvas()->xAxis->tickLabelColor(), before);
  EXPECT_EQ(plot_.canvas()->viewport().size(), size);
}

TEST_F(Export, RefusalsNameTheFile) {
  for (const char* name : {"/nonexistent/loss.csv", "/nonexistent/loss.png", "/nonexistent/loss.svg",
                           "/nonexistent/loss.pdf", "loss.xyz"}) {
    try {
      exportFigure(plot_, name);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace slab
