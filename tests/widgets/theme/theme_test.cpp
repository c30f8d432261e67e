#include "widgets/theme/theme.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QLabel>
#include <QRegularExpression>
#include <set>

#include "widgets/theme/controls.h"

namespace slab {
namespace {

constexpr ThemeKind kKinds[] = {ThemeKind::Light, ThemeKind::Dark, ThemeKind::HighContrast};

TEST(Contrast, MatchesTheDefinitionAtItsEnds) {
  EXPECT_NEAR(contrastRatio(Qt::black, Qt::white), 21.0, 1e-9);
  EXPECT_NEAR(contrastRatio(Qt::white, Qt::white), 1.0, 1e-9);
  EXPECT_NEAR(contrastRatio(QColor("#767676"), Qt::white), 4.54, 0.01);  // the WCAG's own example of a pass
}

TEST(Tokens, EveryTextColourIsReadableOnEveryGround) {
  for (const ThemeKind kind : kKinds) {
    const Tokens& t = tokensOf(kind);
    for (const QColor& text : {t.text, t.muted, t.accent, t.good, t.warning, t.bad}) {
      for (const QColor& ground : {t.background, t.panel, t.field}) {
        EXPECT_GE(contrastRatio(text, ground), 4.5) << toString(kind).toStdString() << ": " << text.name().toStdString()
                                                    << " on " << ground.name().toStdString();
      }
    }
    EXPECT_GE(contrastRatio(t.onAccent, t.accent), 4.5) << toString(kind).toStdString();
    EXPECT_GE(contrastRatio(t.accent, t.accentBackground), 4.5) << toString(kind).toStdString();
    EXPECT_GE(contrastRatio(t.text, t.accentBackground), 4.5) << toString(kind).toStdString();
  }
}

TEST(Tokens, SeriesStandOutFromThePanel) {
  for (const ThemeKind kind : kKinds) {
    const Tokens& t = tokensOf(kind);
    for (const QColor& colour : t.series) EXPECT_GE(contrastRatio(colour, t.panel), 3.0) << colour.name().toStdString();
  }
}

TEST(SeriesStyle, IsNeverToldByColourAlone) {
  const Tokens& t = tokensOf(ThemeKind::Light);
  std::set<std::tuple<QRgb, int, int>> seen;
  for (int i = 0; i < 25; ++i) {
    const SeriesStyle style = seriesStyle(t, i);
    EXPECT_TRUE(seen.insert({style.colour.rgb(), static_cast<int>(style.dash), static_cast<int>(style.marker)}).second)
        << i;
    if (i >= 5) {
      EXPECT_NE(style.dash, seriesStyle(t, i - 5).dash) << i;
    }
  }
}

TEST(StyleSheet, LeavesNoPlaceholder) {
  for (const ThemeKind kind : kKinds) {
    const QString sheet = styleSheetFor(tokensOf(kind), 1.5);
    EXPECT_FALSE(sheet.contains('@')) << sheet.mid(sheet.indexOf('@'), 40).toStdString();
    EXPECT_FALSE(sheet.contains(QRegularExpression("\\{\\d+\\}")));
  }
}

TEST(Theme, ScalesFontsAndSizesOfLivingWidgets) {
  QLabel label("word");
  setTextRole(&label, TextRole::Body);
  Chip chip;
  chip.setParts("step", "3 412", "/ 4 690", true);
  theme().apply(ThemeKind::Dark, 2.0);
  EXPECT_EQ(label.font().pixelSize(), 26);
  EXPECT_EQ(theme().px(28), 56);
  EXPECT_EQ(chip.height(), 56);
  for (const QLabel* part : chip.findChildren<QLabel*>()) EXPECT_GE(part->font().pixelSize(), 24);
  theme().apply(ThemeKind::Light, 1.0);
  EXPECT_EQ(label.font().pixelSize(), 13);
}

TEST(Segmented, TellsOnlyChoicesOfTheUser) {
  Segmented choice("family");
  int told = 0;
  QObject::connect(&choice, &Segmented::activated, [&] { ++told; });
  choice.setOptions({"DeiT", "Swin"}, 1);
  choice.setCurrent(0);
  EXPECT_EQ(told, 0);
  choice.findChildren<QPushButton*>().last()->click();
  EXPECT_EQ(told, 1);
  EXPECT_EQ(choice.current(), 1);
}

}  // namespace
}  // namespace slab
