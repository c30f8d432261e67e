#include "widgets/heat_map/heat_map.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>
#include <cmath>
#include <limits>

#include "widgets/alarm_list/alarm_list.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

std::shared_ptr<SeriesStore> seriesOf(const std::vector<std::pair<std::int64_t, double>>& points) {
  auto store = std::make_shared<SeriesStore>();
  store->addSegment({1, 0, 0, 0, "start"});
  Chunk chunk;
  chunk.segment = 1;
  for (const auto& [step, value] : points) {
    chunk.steps.push_back(step);
    chunk.wall.push_back(static_cast<double>(step));
    chunk.values.push_back(value);
  }
  store->append(chunk);
  return store;
}

TEST(HeatCells, EachPointReachesHalfWayToItsNeighbours) {
  const auto cells = heatCells(*seriesOf({{0, 1}, {40, 2}, {80, 3}}), 0, 100, 100);
  ASSERT_EQ(cells.size(), 100U);
  EXPECT_EQ(cells[0], 1);
  EXPECT_EQ(cells[19], 1);
  EXPECT_EQ(cells[21], 2);
  EXPECT_EQ(cells[59], 2);
  EXPECT_EQ(cells[61], 3);
  EXPECT_EQ(cells[98], 3);
}

TEST(HeatCells, NothingIsInventedBeyondTheLastPoint) {
  const auto cells = heatCells(*seriesOf({{0, 1}, {10, 2}}), 0, 100, 100);
  EXPECT_TRUE(cells[12].has_value());
  EXPECT_FALSE(cells[20].has_value());
  EXPECT_FALSE(cells[99].has_value());
  for (const auto& cell : heatCells(SeriesStore(), 0, 100, 100)) EXPECT_FALSE(cell.has_value());
}

TEST(HeatCells, ThePeakOfManyPointsInAColumnIsSeen) {
  std::vector<std::pair<std::int64_t, double>> points;
  for (std::int64_t step = 0; step < 100'000; ++step) points.emplace_back(step, step == 50'301 ? 9.0 : 1.0);
  const auto cells = heatCells(*seriesOf(points), 0, 100'000, 100);
  EXPECT_EQ(cells[50], 9);
  EXPECT_EQ(cells[49], 1);
}

TEST(HeatCells, AValueThatIsNotFiniteStandsBeforeAllOthers) {
  const auto cells = heatCells(*seriesOf({{0, 1}, {40, std::nan("")}, {80, 3}}), 0, 100, 100);
  EXPECT_TRUE(cells[40].has_value() && std::isnan(*cells[40]));
  EXPECT_EQ(cells[5], 1);
  EXPECT_EQ(cells[80], 3);
}

TEST(HeatScale, IsLinearOrLogarithmicAndClamped) {
  EXPECT_DOUBLE_EQ(positionOf(0.25, HeatScale{ColourMap::Viridis, 0, 1, false}), 0.25);
  EXPECT_DOUBLE_EQ(positionOf(7, HeatScale{ColourMap::Viridis, 0, 1, false}), 1);
  EXPECT_DOUBLE_EQ(positionOf(1, HeatScale{ColourMap::Viridis, 0.01, 100, true}), 0.5);
  EXPECT_DOUBLE_EQ(positionOf(0, HeatScale{ColourMap::Viridis, 0.01, 100, true}), 0);
}

class HeatMapTest : public ::testing::Test {
 protected:
  void SetUp() override {
    theme().apply(ThemeKind::Light, 1.0);
    map_.resize(600, 200);
    map_.setXExtent(0, 100);
    map_.setScale("share", {ColourMap::Viridis, 0, 1, false});
    map_.setRows({{"layers.0.norm1", seriesOf({{0, 0.0}, {50, 0.0}, {100, 0.0}}), "alpha 1", false},
                  {"layers.0.norm2", seriesOf({{0, 1.0}, {50, 1.0}, {100, std::nan("")}}), "alpha 2", true}});
    map_.show();
  }
  QPoint at(int row, double share) {
    const QRectF cells = map_.rowRect(row);
    return QPointF(cells.left() + share * cells.width(), cells.center().y()).toPoint();
  }
  HeatMap map_{"Norms"};
};

TEST_F(HeatMapTest, CellsHaveTheColoursOfTheirValues) {
  const QImage picture = map_.grab().toImage();
  EXPECT_EQ(picture.pixel(at(0, 0.3)), colourAt(ColourMap::Viridis, 0));
  EXPECT_EQ(picture.pixel(at(1, 0.3)), colourAt(ColourMap::Viridis, 1));
  EXPECT_EQ(picture.pixel(at(1, 0.97)), theme().tokens().bad.rgb());
}

TEST_F(HeatMapTest, TheValueUnderTheCursorStandsInWords) {
  QTest::mouseMove(&map_, at(1, 0.52));
  EXPECT_EQ(map_.words().toStdString(), "layers.0.norm2, step 50: share 1");
  EXPECT_EQ(map_.accessibleDescription(), map_.words());
}

TEST_F(HeatMapTest, AClickOrTheKeysChooseARow) {
  QSignalSpy chosen(&map_, &HeatMap::rowChosen);
  QTest::mouseClick(&map_, Qt::LeftButton, {}, at(1, 0.5));
  ASSERT_EQ(chosen.count(), 1);
  EXPECT_EQ(chosen.back().front().toInt(), 1);
  QTest::keyClick(&map_, Qt::Key_Up);
  EXPECT_EQ(chosen.back().front().toInt(), 0);
  QTest::keyClick(&map_, Qt::Key_Up);
  EXPECT_EQ(chosen.count(), 2) << "there is no row above the first";
}

TEST_F(HeatMapTest, SharesTheCursorOfALink) {
  CurveLink link;
  map_.setLink(&link);
  QTest::mouseMove(&map_, at(0, 0.5));
  EXPECT_NEAR(link.cursor(), 50, 1);
  QTest::keyClick(&map_, Qt::Key_Left);
  EXPECT_EQ(link.cursor(), 0);
}

TEST(AlarmList, NewestFirstWithALinkToItsPlace) {
  AlarmList list;
  list.setEmptyText("No alarm.");
  EXPECT_EQ(list.text().toStdString(), "No alarm.");
  list.setAlarms({{10, "layers.0", "first"}, {2000, "layers.1", "second <b>"}});
  EXPECT_LT(list.text().indexOf("second"), list.text().indexOf("first"));
  EXPECT_TRUE(list.text().contains("second &lt;b&gt;"));
  QSignalSpy chosen(&list, &AlarmList::placeChosen);
  for (QLabel* label : list.findChildren<QLabel*>()) emit label->linkActivated("layers.1");
  ASSERT_TRUE(QTest::qWaitFor([&] { return chosen.count() == 1; }));
  EXPECT_EQ(chosen.front().front().toString().toStdString(), "layers.1");
}

}  // namespace
}  // namespace slab
