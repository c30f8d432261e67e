// What is drawn where, in both themes, and what mouse and keyboard do.
#include "widgets/object_view/object_view.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

using Kind = ViewObject::Kind;
using Verdict = ViewObject::Verdict;

constexpr int kSide = 100, kScale = 4;  // pixels of the image, widget pixels of each
const QColor kGround(128, 128, 128);

ViewObject object(QRectF box, int category, Kind kind = Kind::Truth) {
  ViewObject object;
  object.box = box;
  object.category = category;
  object.kind = kind;
  object.name = "cat";
  if (kind == Kind::Found) object.score = 0.9;
  return object;
}

QImage fullMask(int width, int height) {
  QImage mask(width, height, QImage::Format_Alpha8);
  mask.fill(255);
  return mask;
}

class ObjectViewTest : public testing::TestWithParam<ThemeKind> {
 protected:
  void SetUp() override {
    theme().apply(GetParam(), 1.0);
    QImage ground(kSide, kSide, QImage::Format_RGB32);
    ground.fill(kGround);
    view_.resize(kSide * kScale, kSide * kScale);
    view_.setScene(ground, {kSide, kSide});
    style_.labels = false;
    view_.setStyle(style_);
  }
  void TearDown() override { theme().apply(ThemeKind::Light, 1.0); }

  /// The colour at a point of the annotated image.
  QColor at(double x, double y) {
    return view_.grab().toImage().pixelColor(static_cast<int>(x * kScale), static_cast<int>(y * kScale));
  }
  static int distance(const QColor& a, const QColor& b) {
    return std::abs(a.red() - b.red()) + std::abs(a.green() - b.green()) + std::abs(a.blue() - b.blue());
  }
  /// Pixels of a row of the widget that have (about) a colour.
  int countInRow(int y, int from, int to, const QColor& colour) {
    const QImage shot = view_.grab().toImage();
    int count = 0;
    for (int x = from; x < to; ++x) count += distance(shot.pixelColor(x, y), colour) < 40 ? 1 : 0;
    return count;
  }

  ObjectView view_;
  ObjectStyle style_;
};

TEST_P(ObjectViewTest, AFoundBoxIsSolidAndAnAnnotatedOneDashed) {
  const QColor colour = categoryColour(theme().tokens(), 0);
  view_.setObjects({object({20, 50, 60, 30}, 0, Kind::Found)});
  const int solid = countInRow(50 * kScale, 22 * kScale, 78 * kScale, colour);
  view_.setObjects({object({20, 50, 60, 30}, 0)});
  const int dashed = countInRow(50 * kScale, 22 * kScale, 78 * kScale, colour);
  EXPECT_GT(solid, 56 * kScale * 9 / 10);
  EXPECT_GT(dashed, 56 * kScale * 3 / 10);
  EXPECT_LT(dashed, 56 * kScale * 8 / 10);
  EXPECT_EQ(at(50, 65), kGround) << "nothing within";
  EXPECT_EQ(at(10, 10), kGround);
}

TEST_P(ObjectViewTest, LinesStandOutFromWhiteAndFromBlack) {
  for (const QColor& ground : {QColor(Qt::white), QColor(Qt::black), categoryColour(theme().tokens(), 0)}) {
    QImage picture(kSide, kSide, QImage::Format_RGB32);
    picture.fill(ground);
    view_.setScene(picture, {kSide, kSide});
    view_.setObjects({object({20, 50, 60, 30}, 0, Kind::Found)});
    const QImage shot = view_.grab().toImage();
    double most = 1;
    for (int y = 49 * kScale - 2; y <= 51 * kScale; ++y) {
      most = std::max(most, contrastRatio(shot.pixelColor(50 * kScale, y), ground));
    }
    EXPECT_GT(most, 2.2) << ground.name().toStdString();
  }
}

TEST_P(ObjectViewTest, AMaskIsTintedAsOpaqueAsAsked) {
  ViewObject masked = object({30, 30, 40, 40}, 1);
  masked.mask = fullMask(40, 40);
  masked.maskAt = {30, 30};
  view_.setObjects({masked});
  const QColor colour = categoryColour(theme().tokens(), 1);
  EXPECT_LT(distance(at(50, 50), mix(kGround, colour, style_.opacity)), 6);
  style_.opacity = 1;
  view_.setStyle(style_);
  EXPECT_LT(distance(at(50, 50), colour), 6);
  EXPECT_EQ(at(25, 50), kGround);
  style_.masks = false;
  view_.setStyle(style_);
  EXPECT_EQ(at(50, 50), kGround);
}

TEST_P(ObjectViewTest, ACrowdIsHatched) {
  ViewObject crowd = object({20, 20, 60, 60}, 2);
  crowd.isCrowd = true;
  crowd.mask = fullMask(60, 60);
  crowd.maskAt = {20, 20};
  style_.opacity = 1;
  view_.setStyle(style_);
  view_.setObjects({crowd});
  const QColor colour = categoryColour(theme().tokens(), 2);
  const int from = 25 * kScale, to = 75 * kScale;
  const int lines = countInRow(50 * kScale + 2, from, to, colour),
            gaps = countInRow(50 * kScale + 2, from, to, kGround);
  EXPECT_GT(lines, (to - from) / 5);
  EXPECT_GT(gaps, (to - from) / 3);
}

TEST_P(ObjectViewTest, ALargeMaskLiesUnderASmallOne) {
  ViewObject large = object({10, 10, 80, 80}, 0), small = object({40, 40, 20, 20}, 1);
  large.mask = fullMask(80, 80);
  large.maskAt = {10, 10};
  small.mask = fullMask(20, 20);
  small.maskAt = {40, 40};
  style_.opacity = 1;
  view_.setStyle(style_);
  view_.setObjects({small, large});
  EXPECT_LT(distance(at(50, 50), categoryColour(theme().tokens(), 1)), 6);
  EXPECT_LT(distance(at(30, 30), categoryColour(theme().tokens(), 0)), 6);
}

TEST_P(ObjectViewTest, VerdictsDifferInColourAndWithoutIt) {
  style_.byVerdict = true;
  view_.setStyle(style_);
  std::map<Verdict, QImage> shots;
  for (const Verdict verdict : {Verdict::Right, Verdict::Wrong, Verdict::Missed, Verdict::Ignored}) {
    const bool isMissed = verdict == Verdict::Missed;
    ViewObject one = object({30, 40, 40, 40}, 0, isMissed ? Kind::Truth : Kind::Found);
    one.verdict = verdict;
    view_.setObjects({one});
    const QColor colour = objectColour(one, style_, theme().tokens());
    EXPECT_GT(countInRow(80 * kScale, 32 * kScale, 68 * kScale, colour), 36 * kScale / 3);
    // The sign alone, as black and white.
    QImage sign = view_.grab().toImage().copy(30 * kScale, 40 * kScale - 16, 16, 16).convertedTo(QImage::Format_RGB32);
    const QRgb fill = colour.rgb();
    for (int y = 0; y < sign.height(); ++y) {
      for (int x = 0; x < sign.width(); ++x) {
        sign.setPixel(x, y, distance(sign.pixelColor(x, y), QColor(fill)) < 60 ? 0xffffffff : 0xff000000);
      }
    }
    shots[verdict] = sign;
  }
  for (const auto& [a, first] : shots) {
    for (const auto& [b, second] : shots) {
      if (a >= b) continue;
      int different = 0;
      for (int y = 0; y < first.height(); ++y) {
        for (int x = 0; x < first.width(); ++x) different += first.pixel(x, y) != second.pixel(x, y) ? 1 : 0;
      }
      EXPECT_GT(different, 10) << static_cast<int>(a) << " and " << static_cast<int>(b);
    }
  }
}

TEST_P(ObjectViewTest, OverlappingLabelsDoNotCoverEachOther) {
  style_.labels = true;
  view_.setStyle(style_);
  view_.setObjects({object({30, 40, 40, 40}, 0, Kind::Found), object({31, 41, 39, 39}, 1, Kind::Found)});
  const QImage shot = view_.grab().toImage();
  int first = 0, second = 0;
  for (int y = 0; y < shot.height(); ++y) {
    for (int x = 0; x < shot.width(); ++x) {
      first += distance(shot.pixelColor(x, y), categoryColour(theme().tokens(), 0)) < 12 ? 1 : 0;
      second += distance(shot.pixelColor(x, y), categoryColour(theme().tokens(), 1)) < 12 ? 1 : 0;
    }
  }
  // Each has the fill of its label beside its lines.
  EXPECT_GT(first, 900);
  EXPECT_GT(second, 900);
}

INSTANTIATE_TEST_SUITE_P(Themes, ObjectViewTest,
                         testing::Values(ThemeKind::Light, ThemeKind::Dark, ThemeKind::HighContrast));

class ObjectViewInput : public testing::Test {
 protected:
  void SetUp() override {
    QImage ground(kSide, kSide, QImage::Format_RGB32);
    ground.fill(kGround);
    view_.resize(kSide * kScale, kSide * kScale);
    view_.setScene(ground, {kSide, kSide});
    view_.setObjects({object({10, 10, 80, 80}, 0), object({40, 40, 20, 20}, 1), object({70, 70, 25, 25}, 2)});
    view_.show();
  }
  void click(double x, double y) {
    QTest::mouseClick(&view_, Qt::LeftButton, {}, QPoint(static_cast<int>(x * kScale), static_cast<int>(y * kScale)));
  }
  ObjectView view_;
};

TEST_F(ObjectViewInput, AClickTakesTheSmallestAndOneBesideLetsGo) {
  const QSignalSpy picked(&view_, &ObjectView::objectPicked);
  click(50, 50);
  EXPECT_EQ(view_.current(), 1);
  click(20, 20);
  EXPECT_EQ(view_.current(), 0);
  click(3, 3);
  EXPECT_EQ(view_.current(), -1);
  ASSERT_EQ(picked.count(), 3);
  EXPECT_EQ(picked[0][0].toInt(), 1);
}

TEST_F(ObjectViewInput, TheCursorBringsAnObjectForwardAndSaysWhatItIs) {
  const QSignalSpy hovered(&view_, &ObjectView::objectHovered);
  QTest::mouseMove(&view_, QPoint(50 * kScale, 50 * kScale));
  ASSERT_TRUE(QTest::qWaitFor([&] { return view_.hovered() == 1; }));
  EXPECT_EQ(view_.toolTip(), "cat");
  EXPECT_GE(hovered.count(), 1);
}

TEST_F(ObjectViewInput, KeysGoThroughObjectsAndImages) {
  const QSignalSpy steps(&view_, &ObjectView::stepWanted);
  const QSignalSpy opened(&view_, &ObjectView::objectActivated);
  QTest::keyClick(&view_, Qt::Key_Period);
  EXPECT_EQ(view_.current(), 0);
  QTest::keyClick(&view_, Qt::Key_Period);
  EXPECT_EQ(view_.current(), 1);
  QTest::keyClick(&view_, Qt::Key_Comma);
  QTest::keyClick(&view_, Qt::Key_Comma);
  EXPECT_EQ(view_.current(), 2) << "around";
  QTest::keyClick(&view_, Qt::Key_Return);
  ASSERT_EQ(opened.count(), 1);
  EXPECT_EQ(opened[0][0].toInt(), 2);
  QTest::keyClick(&view_, Qt::Key_Escape);
  EXPECT_EQ(view_.current(), -1);
  QTest::keyClick(&view_, Qt::Key_PageDown);
  QTest::keyClick(&view_, Qt::Key_PageUp);
  ASSERT_EQ(steps.count(), 2);
  EXPECT_EQ(steps[0][0].toInt(), 1);
  EXPECT_EQ(steps[1][0].toInt(), -1);
}

TEST_F(ObjectViewInput, BoxesFollowTheZoom) {
  const QRectF before = view_.objectRect(1);
  view_.zoomAround(before.center(), 2);
  const QRectF after = view_.objectRect(1);
  EXPECT_NEAR(after.width(), 2 * before.width(), 1e-6);
  EXPECT_NEAR(after.center().x(), before.center().x(), 1e-6);
  EXPECT_EQ(view_.objectAt(after.center()), 1);
}

TEST_F(ObjectViewInput, ObjectsLieOnAPlainGroundWhileThereIsNoPicture) {
  view_.setScene({}, {kSide, kSide / 2});
  EXPECT_FALSE(view_.image().isNull());
  EXPECT_NEAR(view_.objectRect(0).width() / view_.imageRect().width(), 0.8, 0.01);
  view_.setScene({}, {});
  EXPECT_TRUE(view_.picture().isNull());
}

TEST_F(ObjectViewInput, APictureHasThePixelsOfTheAnnotatedImage) {
  QImage small(kSide / 2, kSide / 2, QImage::Format_RGB32);
  small.fill(kGround);
  view_.setScene(small, {kSide, kSide});
  ObjectStyle style;
  style.labels = false;
  view_.setStyle(style);
  const QImage picture = view_.picture(3);
  EXPECT_EQ(picture.size(), QSize(3 * kSide, 3 * kSide));
  EXPECT_EQ(picture.pixelColor(3 * 5, 3 * 5), kGround);
  EXPECT_NE(picture.pixelColor(3 * 10, 3 * 30), kGround) << "the left line of the first box";
}

TEST(CategoryColours, AreEightyAndCanBeToldFromTheirNeighbours) {
  for (const ThemeKind kind : {ThemeKind::Light, ThemeKind::Dark}) {
    for (int i = 0; i + 1 < 80; ++i) {
      const QColor a = categoryColour(tokensOf(kind), i), b = categoryColour(tokensOf(kind), i + 1);
      EXPECT_GT(std::abs(a.red() - b.red()) + std::abs(a.green() - b.green()) + std::abs(a.blue() - b.blue()), 30) << i;
    }
    EXPECT_EQ(categoryColour(tokensOf(kind), 3), tokensOf(kind).series[3]);
  }
}

}  // namespace
}  // namespace slab
