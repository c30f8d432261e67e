#include "widgets/image_table/image_table.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>

namespace slab {
namespace {

std::vector<ImageTableRow> rows() {
  return {{0, "c.jpg", 3, 3, 0, 0}, {1, "a.jpg", 5, 2, 4, 3}, {2, "b.jpg", 1, 0, 1, 1}, {3, "d.jpg", 2, 2, 2, 0}};
}

TEST(ImageTable, SortsByErrorsAndKeepsTheOrderOfTheSetAmongEquals) {
  ImageTableModel model;
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
  model.setRows(rows());
  model.sort(ImageTableModel::Errors, Qt::DescendingOrder);
  const auto image = [&](int row) { return model.row(row).image; };
  EXPECT_EQ(image(0), 1);
  EXPECT_EQ(image(1), 2) << "2 errors, as image 3";
  EXPECT_EQ(image(2), 3);
  EXPECT_EQ(image(3), 0);
  EXPECT_EQ(model.rowOf(3), 2);
  EXPECT_EQ(model.rowOf(17), -1);
  EXPECT_EQ(model.index(0, ImageTableModel::Errors).data(Qt::DisplayRole).toString(), "7");
  EXPECT_EQ(model.index(3, ImageTableModel::Errors).data(Qt::DisplayRole).toString(), "");
  model.sort(ImageTableModel::Name, Qt::AscendingOrder);
  EXPECT_EQ(image(0), 1);
  EXPECT_EQ(image(3), 3);
}

TEST(ImageTable, KeepsImageAndOrderWhenItsNumbersChange) {
  ImageTable table;
  table.setRows(rows(), true);
  table.sortByColumn(ImageTableModel::Errors, Qt::DescendingOrder);
  table.setCurrentImage(3);
  const QSignalSpy current(&table, &ImageTable::currentImageChanged);
  const QSignalSpy arranged(&table, &ImageTable::arranged);
  std::vector<ImageTableRow> next = rows();
  next[3].wrong = 20;
  table.setRows(next, true);
  EXPECT_EQ(table.currentImage(), 3);
  EXPECT_EQ(table.images().row(0).image, 3) << "still by errors";
  EXPECT_EQ(current.count(), 0) << "the same image";
  EXPECT_EQ(arranged.count(), 1);
}

TEST(ImageTable, HidesTheColumnsOfAComparisonWithoutOne) {
  ImageTable table;
  table.setRows(rows(), false);
  EXPECT_TRUE(table.isColumnHidden(ImageTableModel::Missed));
  EXPECT_FALSE(table.isColumnHidden(ImageTableModel::Objects));
  table.setRows(rows(), true);
  EXPECT_FALSE(table.isColumnHidden(ImageTableModel::Missed));
  EXPECT_TRUE(table.isColumnHidden(ImageTableModel::Objects)) << "right and missed say it";
}

}  // namespace
}  // namespace slab
