#include "widgets/class_filter/class_filter.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

namespace slab {
namespace {

std::vector<FilterClass> classes() {
  return {{"person", 1000, 12}, {"bicycle", 20, 0}, {"car", 300, 1}, {"motorcycle", 5, 0}};
}

class ClassFilterTest : public testing::Test {
 protected:
  void SetUp() override {
    filter_.setClasses(classes());
    filter_.resize(300, 300);
    filter_.show();
  }
  void press(const QString& words) {
    for (auto* button : filter_.findChildren<QPushButton*>()) {
      if (button->text() == words) button->click();
    }
  }
  [[nodiscard]] QModelIndex row(int at) const { return filter_.table()->model()->index(at, 0); }
  ClassFilter filter_;
};

TEST(ClassFilterModel, IsASoundModelWithCounts) {
  ClassFilterModel model;
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
  model.setClasses(classes());
  EXPECT_EQ(model.index(0, ClassFilterModel::Objects).data().toString(), QString("1\u202F000"));
  EXPECT_EQ(model.index(1, ClassFilterModel::Crowds).data().toString(), "") << "0 says nothing";
  EXPECT_TRUE(model.setData(model.index(2, 0), Qt::Unchecked, Qt::CheckStateRole));
  EXPECT_EQ(model.shown(), (std::vector<bool>{true, true, false, true}));
}

TEST_F(ClassFilterTest, SpaceTogglesAndEnterShowsOneAloneAndAllAgain) {
  const QSignalSpy changed(&filter_, &ClassFilter::changed);
  filter_.table()->setCurrentIndex(row(1));
  QTest::keyClick(filter_.table(), Qt::Key_Space);
  EXPECT_EQ(filter_.shown(), (std::vector<bool>{true, false, true, true}));
  QTest::keyClick(filter_.table(), Qt::Key_Return);
  EXPECT_EQ(filter_.shown(), (std::vector<bool>{false, true, false, false}));
  QTest::keyClick(filter_.table(), Qt::Key_Return);
  EXPECT_EQ(filter_.shownCount(), 4);
  EXPECT_EQ(changed.count(), 3);
}

TEST_F(ClassFilterTest, AClickOnTheBoxTogglesAndOneOnTheNameDoesNot) {
  const QRect cell = filter_.table()->visualRect(row(2));
  QTest::mouseClick(filter_.table()->viewport(), Qt::LeftButton, {}, QPoint(cell.left() + 18, cell.center().y()));
  EXPECT_EQ(filter_.shown(), (std::vector<bool>{true, true, false, true}));
  QTest::mouseClick(filter_.table()->viewport(), Qt::LeftButton, {}, QPoint(cell.left() + 60, cell.center().y()));
  EXPECT_EQ(filter_.shown(), (std::vector<bool>{true, true, false, true}));
}

TEST_F(ClassFilterTest, SearchNarrowsTheListAndAllAndNoneActOnIt) {
  filter_.setSearch("CYCLE");
  EXPECT_EQ(filter_.listedCount(), 2);
  press("none");
  EXPECT_EQ(filter_.shown(), (std::vector<bool>{true, false, true, false}));
  filter_.setSearch({});
  EXPECT_EQ(filter_.listedCount(), 4);
  press("all");
  EXPECT_EQ(filter_.shownCount(), 4);
}

TEST_F(ClassFilterTest, SortsByCountsAndHidesCrowdsWhereThereAreNone) {
  filter_.table()->sortByColumn(ClassFilterModel::Objects, Qt::AscendingOrder);
  EXPECT_EQ(row(0).data().toString(), "motorcycle");
  EXPECT_EQ(row(3).data().toString(), "person");
  EXPECT_FALSE(filter_.table()->isColumnHidden(ClassFilterModel::Crowds));
  filter_.setClasses({{"cat", 3, 0}});
  EXPECT_TRUE(filter_.table()->isColumnHidden(ClassFilterModel::Crowds));
}

}  // namespace
}  // namespace slab
