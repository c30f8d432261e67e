#include "widgets/dataset_grid/dataset_grid.h"

#include <gtest/gtest.h>

#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

namespace slab {
namespace {

std::vector<Thumbnail> page(qint64 first, qint64 count) {
  std::vector<Thumbnail> thumbnails;
  for (qint64 i = first; i < first + count; ++i) {
    QImage image(28, 28, QImage::Format_Grayscale8);
    image.fill(128);
    thumbnails.push_back({image, "bag", {}, i});
  }
  return thumbnails;
}

class DatasetGridTest : public ::testing::Test {
 protected:
  void SetUp() override {
    grid_.resize(800, 500);
    grid_.show();
    QCoreApplication::processEvents();
  }
  DatasetGrid grid_;
};

TEST_F(DatasetGridTest, AsksOnlyForPagesThatAreVisible) {
  QSignalSpy wanted(&grid_, &DatasetGrid::pageWanted);
  grid_.reset(1'281'167);
  qint64 asked = 0;
  for (const auto& call : wanted) {
    const qint64 first = call[1].toLongLong(), count = call[2].toLongLong();
    EXPECT_LE(first, grid_.lastVisible());
    asked += count;
  }
  EXPECT_GT(asked, 0);
  EXPECT_LE(asked, grid_.lastVisible() + 1 + DatasetGrid::kPageSize);
}

TEST_F(DatasetGridTest, AJumpToTheEndAsksForTheEndAndNothingBetween) {
  grid_.reset(1'281'167);
  QSignalSpy wanted(&grid_, &DatasetGrid::pageWanted);
  QTest::keyClick(&grid_, Qt::Key_End);
  EXPECT_EQ(grid_.current(), 1'281'166);
  EXPECT_EQ(grid_.lastVisible(), 1'281'166);
  ASSERT_GT(wanted.count(), 0);
  for (const auto& call : wanted) EXPECT_GE(call[1].toLongLong(), grid_.firstVisible() - DatasetGrid::kPageSize);
}

TEST_F(DatasetGridTest, APageOnItsWayIsNotAskedForAgain) {
  QSignalSpy wanted(&grid_, &DatasetGrid::pageWanted);
  grid_.reset(100);
  const auto asked = wanted.count();
  grid_.grab();
  grid_.grab();
  EXPECT_EQ(wanted.count(), asked);
}

TEST_F(DatasetGridTest, AnswersOfAnOldFilterAreDropped) {
  grid_.reset(100);
  const int old = grid_.generation();
  grid_.reset(50);
  grid_.setThumbnails(old, 0, page(0, 10));
  EXPECT_FALSE(grid_.thumbnail(0));
  grid_.setThumbnails(grid_.generation(), 0, page(0, 10));
  ASSERT_TRUE(grid_.thumbnail(0));
  EXPECT_EQ(grid_.thumbnail(9)->label, "bag");
}

TEST_F(DatasetGridTest, KeyboardMovesAndEnterOpens) {
  grid_.reset(100);
  QSignalSpy opened(&grid_, &DatasetGrid::activated);
  QTest::keyClick(&grid_, Qt::Key_Right);
  QTest::keyClick(&grid_, Qt::Key_Right);
  QTest::keyClick(&grid_, Qt::Key_Left);
  QTest::keyClick(&grid_, Qt::Key_Return);
  ASSERT_EQ(opened.count(), 1);
  EXPECT_EQ(opened[0][0].toLongLong(), 1);
}

TEST_F(DatasetGridTest, AnEmptySetAsksForNothing) {
  QSignalSpy wanted(&grid_, &DatasetGrid::pageWanted);
  grid_.reset(0);
  grid_.grab();
  EXPECT_EQ(wanted.count(), 0);
  EXPECT_EQ(grid_.current(), -1);
}

}  // namespace
}  // namespace slab
