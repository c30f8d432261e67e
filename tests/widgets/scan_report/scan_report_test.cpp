// Classes and faults of a scan, and their export.
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QSignalSpy>
#include <QTableView>

#include "widgets/scan_report/class_table.h"
#include "widgets/scan_report/fault_csv.h"
#include "widgets/scan_report/fault_table.h"

namespace slab {
namespace {

ScanReport report() {
  ScanReport report;
  report.classNames = {"n01440764", "n01443537", "n01484850"};
  report.classTitles = {"tench, Tinca tinca", "goldfish, Carassius auratus", ""};
  report.classCounts = {1300, 650, 0};
  report.classFaults = {2, 0, 0};
  report.valCounts = {50, 50, 50};
  report.valFaults = {1, 0, 0};
  report.bad = 3;
  report.defects = {{"/data/train/n01440764/1.JPEG", "cut", "at byte 400 of 900, the file is cut", 400},
                    {"/data/train/n01440764/a \"b\", c.JPEG", "empty", "the file is empty", 0},
                    {"/data/val/n01440764/2.JPEG", "not_an_image", "its first bytes are of no known format", -1}};
  report.notices = {{"/data/train/n01443537/3.JPEG", "named as JPEG but holds PNG"}};
  return report;
}

TEST(ClassTable, ShowsNamesCountsAndWhatIsMissing) {
  ClassModel model;
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
  model.setReport(report());
  ASSERT_EQ(model.rowCount(), 3);
  const auto text = [&](int row, int column) { return model.index(row, column).data().toString(); };
  EXPECT_EQ(text(0, ClassModel::Title), "tench, Tinca tinca");
  EXPECT_EQ(text(0, ClassModel::Train), QString("1\u202F3").left(2) + "300");
  EXPECT_EQ(text(0, ClassModel::Bad), "3") << "train and val";
  EXPECT_EQ(text(1, ClassModel::Bad), "");
  EXPECT_EQ(text(2, ClassModel::Train), "none");
  EXPECT_EQ(model.index(1, ClassModel::Bar).data(ClassModel::kValueRole).toDouble(), 0.5);
}

TEST(ClassTable, HidesColumnsThatWouldBeEmptyAndSortsByNumber) {
  ClassTable table;
  table.setReport(report());
  EXPECT_FALSE(table.isColumnHidden(ClassModel::Title));
  EXPECT_EQ(table.model()->index(0, ClassModel::Name).data().toString(), "n01440764") << "order of the labels";
  table.sortByColumn(ClassModel::Train, Qt::AscendingOrder);
  EXPECT_EQ(table.model()->index(0, ClassModel::Name).data().toString(), "n01484850");
  EXPECT_EQ(table.model()->index(2, ClassModel::Name).data().toString(), "n01440764") << "1300 is above 650";
  ScanReport plain = report();
  plain.classTitles.clear();
  plain.valCounts.clear();
  table.setReport(plain);
  EXPECT_TRUE(table.isColumnHidden(ClassModel::Title));
  EXPECT_TRUE(table.isColumnHidden(ClassModel::Validation));
}

TEST(FaultTable, ShowsFaultsAndNotesByKindRelativeToTheRoot) {
  FaultTable table;
  table.setReport(report(), "/data");
  EXPECT_EQ(table.shownRows(), 4);
  auto* view = table.findChild<QTableView*>();
  EXPECT_EQ(view->model()->index(0, FaultModel::File).data().toString(), "train/n01440764/1.JPEG");
  EXPECT_EQ(view->model()->index(0, FaultModel::Offset).data().toString(), "400");
  EXPECT_EQ(view->model()->index(2, FaultModel::Kind).data().toString(), "not an image");
  EXPECT_EQ(view->model()->index(2, FaultModel::Offset).data().toString(), "");
  EXPECT_EQ(table.findChild<QComboBox*>()->count(), 5) << "all, cut, empty, not an image, note";
  EXPECT_FALSE(view->isColumnHidden(FaultModel::Offset));
  table.setKind("cut");
  EXPECT_EQ(table.shownRows(), 1);
  table.setKind("note");
  EXPECT_EQ(table.shownRows(), 1);
  const QSignalSpy selected(&table, &FaultTable::currentChanged);
  view->setCurrentIndex(view->model()->index(0, 0));
  EXPECT_EQ(table.currentFile(), "/data/train/n01443537/3.JPEG");
  EXPECT_EQ(selected.count(), 1);
}

TEST(FaultTable, HasNoColumnOfBytesWhereNoFaultHasOneAndNamesRecordsAsTheyAre) {
  ScanReport records;
  records.bad = 1;
  records.defects = {{"annotation 17", "box_outside", "set.json: annotation 17 has a box outside", -1}};
  FaultTable table;
  table.setPlaceTitle("record");
  table.setReport(records, {});
  auto* view = table.findChild<QTableView*>();
  EXPECT_TRUE(view->isColumnHidden(FaultModel::Offset));
  EXPECT_EQ(view->model()->headerData(FaultModel::File, Qt::Horizontal).toString(), "record");
  view->setCurrentIndex(view->model()->index(0, 0));
  EXPECT_EQ(table.currentFile(), "annotation 17");
}

TEST(FaultCsv, QuotesWhatNeedsItAndLeavesUnknownOffsetsEmpty) {
  EXPECT_EQ(faultsCsv(report()),
            "kind,path,offset,reason\r\n"
            "cut,/data/train/n01440764/1.JPEG,400,\"at byte 400 of 900, the file is cut\"\r\n"
            "empty,\"/data/train/n01440764/a \"\"b\"\", c.JPEG\",0,the file is empty\r\n"
            "not_an_image,/data/val/n01440764/2.JPEG,,its first bytes are of no known format\r\n"
            "note,/data/train/n01443537/3.JPEG,,named as JPEG but holds PNG\r\n");
}

}  // namespace
}  // namespace slab
