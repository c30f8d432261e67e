#include "widgets/attention_view/attention_view.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>
#include <cmath>

#include "widgets/attention_view/head_strip.h"
#include "widgets/attention_view/layer_grid.h"
#include "widgets/gallery/synthetic.h"

namespace slab {
namespace {

/// A shown view of `side` pixels over a 14 x 14 map.
class AttentionViewTest : public ::testing::Test {
 protected:
  void SetUp() override {
    view_.setImage(gallery::scene(28));
    view_.setMap(gallery::blobMap(14, 14, 7, 7, {7, 7}));
    view_.resize(420, 420);
    view_.show();
    QCoreApplication::processEvents();
  }
  AttentionView view_;
};

TEST_F(AttentionViewTest, FindsTheTokenUnderEveryCellCentreAndCorner) {
  for (int row = 0; row < 14; ++row) {
    for (int column = 0; column < 14; ++column) {
      const QRectF cell = view_.tokenRect({column, row}).adjusted(0.01, 0.01, -0.01, -0.01);
      for (const QPointF at : {cell.center(), cell.topLeft(), cell.bottomRight()}) {
        EXPECT_EQ(view_.tokenAt(at), QPoint(column, row));
      }
    }
  }
}

TEST_F(AttentionViewTest, FindsTheTokenAfterZoomAndPan) {
  view_.zoomAround({100, 300}, 5.3);
  for (const QPointF at : {QPointF(0.5, 0.5), QPointF(210, 210), QPointF(419.5, 10)}) {
    const auto token = view_.tokenAt(at);
    ASSERT_TRUE(token);
    EXPECT_TRUE(view_.tokenRect(*token).contains(at));
  }
}

TEST_F(AttentionViewTest, KeepsThePointUnderTheCursorWhileZooming) {
  const QPointF before = view_.toImage({137, 251});
  view_.zoomAround({137, 251}, 3.0);
  const QPointF after = view_.toImage({137, 251});
  EXPECT_NEAR(before.x(), after.x(), 1e-9);
  EXPECT_NEAR(before.y(), after.y(), 1e-9);
}

TEST_F(AttentionViewTest, FindsNoTokenBesideTheImage) {
  view_.resize(600, 420);
  EXPECT_FALSE(view_.tokenAt({5, 200}));
  EXPECT_FALSE(view_.tokenAt({595, 200}));
  EXPECT_TRUE(view_.tokenAt({300, 0.5}));
}

TEST_F(AttentionViewTest, ClickPicksRowThenColumn) {
  QSignalSpy picked(&view_, &AttentionView::queryPicked);
  QTest::mouseClick(&view_, Qt::LeftButton, {}, view_.tokenRect({3, 11}).center().toPoint());
  ASSERT_EQ(picked.count(), 1);
  EXPECT_EQ(picked[0][0].toInt(), 11);
  EXPECT_EQ(picked[0][1].toInt(), 3);
}

TEST_F(AttentionViewTest, ArrowKeysMoveTheQueryAndStopAtTheBorder) {
  QSignalSpy picked(&view_, &AttentionView::queryPicked);
  QTest::keyClick(&view_, Qt::Key_Up);
  ASSERT_EQ(picked.count(), 1);
  EXPECT_EQ(view_.map().query, QPoint(7, 6));
  for (int i = 0; i < 20; ++i) QTest::keyClick(&view_, Qt::Key_Left);
  EXPECT_EQ(view_.map().query, QPoint(0, 6));
  EXPECT_EQ(picked.count(), 8);
}

TEST_F(AttentionViewTest, StyleNeverAsksForANewMap) {
  QSignalSpy picked(&view_, &AttentionView::queryPicked);
  OverlayStyle style;
  style.opacity = 0.2;
  style.map = ColourMap::Cividis;
  style.threshold = 0.5;
  style.bilinear = true;
  view_.setStyle(style);
  view_.grab();
  EXPECT_EQ(picked.count(), 0);
}

TEST(TokenMap, OverlayColoursFollowTheScale) {
  TokenMap map;
  map.rows = 1;
  map.columns = 3;
  map.weights = {0.0F, 0.5F, 1.0F};
  OverlayStyle style;
  style.opacity = 1.0;
  style.map = ColourMap::Viridis;
  const QImage overlay = renderOverlay(map, style, {0.0, 1.0});
  ASSERT_EQ(overlay.size(), QSize(3, 1));
  for (int x = 0; x < 3; ++x)
    EXPECT_EQ(overlay.pixel(x, 0) & 0xffffffU, colourAt(ColourMap::Viridis, x / 2.0) & 0xffffffU);
  EXPECT_EQ(qAlpha(overlay.pixel(2, 0)), 255);
}

TEST(TokenMap, TokensOutsideTheWindowAndBelowTheThresholdStayUncovered) {
  TokenMap map = gallery::windowMap(14, 14, 7, {3, 3});
  OverlayStyle style;
  const QImage overlay = renderOverlay(map, style, ownScale(map.weights, false));
  EXPECT_EQ(qAlpha(overlay.pixel(8, 3)), 0);
  EXPECT_GT(qAlpha(overlay.pixel(3, 3)), 0);
  style.threshold = 1.1;
  EXPECT_EQ(qAlpha(renderOverlay(map, style, ownScale(map.weights, false)).pixel(3, 3)), 0);
}

TEST(TokenMap, SignedScaleHasZeroInTheMiddle) {
  const ValueScale scale = ownScale({-0.2F, 0.05F, std::nanf("")}, true);
  EXPECT_FLOAT_EQ(static_cast<float>(scale.high), 0.2F);
  EXPECT_DOUBLE_EQ(scale.low, -scale.high);
  EXPECT_DOUBLE_EQ(positionOf(0.0, scale), 0.5);
}

TEST(TokenMap, ShowsWeightsConvolutionOrTheirSum) {
  TokenMap map;
  map.rows = 1;
  map.columns = 2;
  map.weights = {0.25F, 0.5F};
  map.depthwise = {-0.5F, 0.25F};
  OverlayStyle style;
  EXPECT_EQ(shownValues(map, style), map.weights);
  style.showDepthwise = true;
  EXPECT_EQ(shownValues(map, style), (std::vector<float>{-0.25F, 0.75F}));
  style.showWeights = false;
  EXPECT_EQ(shownValues(map, style), map.depthwise);
  style.showDepthwise = false;
  EXPECT_TRUE(shownValues(map, style).empty());
}

TEST(TokenMap, EntropyAndTopShareOfAnEvenRow) {
  const std::vector<float> even(196, 0.1F);
  EXPECT_NEAR(entropyOf(even), std::log(196.0), 1e-6);
  EXPECT_NEAR(topShare(even, 10), 10.0 / 196.0, 1e-6);
  EXPECT_EQ(entropyOf(std::vector<float>(8, 0.0F)), 0.0);
}

TEST(LayerGrid, PicksByKeyboardAndKeepsInsideEachLayersHeads) {
  LayerGrid grid;
  grid.setLayers(gallery::swinLayers());
  grid.setCurrent(4, 11);
  QSignalSpy picked(&grid, &LayerGrid::picked);
  QTest::keyClick(&grid, Qt::Key_Right);
  EXPECT_EQ(picked.count(), 0);
  QTest::keyClick(&grid, Qt::Key_Up);
  EXPECT_EQ(grid.currentLayer(), 3);
  EXPECT_EQ(grid.currentHead(), 5);
}

TEST(HeadStrip, ArrowPicksTheNextHead) {
  HeadStrip strip;
  strip.setHeads({gallery::blobMap(7, 7, 3, 3, {0, 0}), gallery::blobMap(7, 7, 2, 2, {0, 0})});
  QSignalSpy picked(&strip, &HeadStrip::headPicked);
  QTest::keyClick(strip.widget(), Qt::Key_Right);
  ASSERT_EQ(picked.count(), 1);
  EXPECT_EQ(strip.current(), 1);
  QTest::keyClick(strip.widget(), Qt::Key_Right);
  EXPECT_EQ(picked.count(), 1);
}

}  // namespace
}  // namespace slab
