#include "widgets/score_table/score_table.h"

#include <gtest/gtest.h>

#include <QSignalSpy>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

std::vector<ScoreLine> lines() {
  return {{"AP", "overlap 0.50:0.95, all", 0.4321, 0.391}, {"AP small", "small", -1, -1}};
}

std::vector<ClassScoreLine> classes() {
  return {{"cat", 10, 0.5, 0.8, 0.4, 0.7}, {"never", 0, -1, -1, -1, -1}, {"dog, \"big\"", 7, 0.2, 0.3, 0.1, 0.2}};
}

QString at(const QTableView* table, int row, int column) {
  return table->model()->index(row, column).data().toString();
}

TEST(ScoreTable, ShowsPerCentAndADashWhereThereIsNothingToFind) {
  ScoreTable table;
  table.setScores(lines(), classes(), true);
  EXPECT_EQ(at(table.lines(), 0, 1), "43.2");
  EXPECT_EQ(at(table.lines(), 0, 2), "39.1");
  EXPECT_EQ(at(table.lines(), 1, 1), QString(QChar(0x2013)));
  EXPECT_EQ(at(table.classes(), 0, 2), "50.0");
  EXPECT_FALSE(table.lines()->isColumnHidden(2));
  table.setScores(lines(), classes(), false);
  EXPECT_TRUE(table.lines()->isColumnHidden(2));
  EXPECT_TRUE(table.classes()->isColumnHidden(5));
}

TEST(ScoreTable, ClassesWithoutObjectsComeLastEitherWay) {
  ScoreTable table;
  table.setScores(lines(), classes(), true);
  table.classes()->sortByColumn(2, Qt::DescendingOrder);
  EXPECT_EQ(at(table.classes(), 0, 0), "cat");
  EXPECT_EQ(at(table.classes(), 2, 0), "never");
  table.classes()->sortByColumn(2, Qt::AscendingOrder);
  EXPECT_EQ(at(table.classes(), 0, 0), "dog, \"big\"");
  EXPECT_EQ(at(table.classes(), 2, 0), "never");
  const QSignalSpy opened(&table, &ScoreTable::classActivated);
  emit table.classes()->activated(table.classes()->model()->index(0, 1));
  ASSERT_EQ(opened.count(), 1);
  EXPECT_EQ(opened[0][0].toInt(), 2) << "its place in the list that was given";
}

TEST(ScoreTable, NumbersFollowTheFontSize) {
  ScoreTable table;
  table.setScores(lines(), classes(), true);
  const auto pixels = [&] { return table.lines()->model()->index(0, 1).data(Qt::FontRole).value<QFont>().pixelSize(); };
  const auto points = [&] {
    return table.lines()->model()->index(0, 1).data(Qt::FontRole).value<QFont>().pointSizeF();
  };
  const int before = pixels();
  const double beforePoints = points();
  theme().apply(ThemeKind::Light, 2.0);
  EXPECT_TRUE(pixels() > before || points() > beforePoints * 1.9);
  theme().apply(ThemeKind::Light, 1.0);
}

TEST(ScoreTable, CsvHasAllDigitsAndQuotes) {
  const QString csv = QString::fromUtf8(scoresCsv(lines(), classes()));
  EXPECT_TRUE(csv.contains("AP,\"overlap 0.50:0.95, all\",0.43209999999999998,0.39100000000000001\r\n"))
      << csv.toStdString();
  EXPECT_TRUE(csv.contains("AP small,small,,\r\n"));
  EXPECT_TRUE(csv.contains("\"dog, \"\"big\"\"\",7,"));
}

}  // namespace
}  // namespace slab
