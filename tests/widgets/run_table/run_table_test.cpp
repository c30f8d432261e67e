#include "widgets/run_table/run_table.h"

#include <gtest/gtest.h>

#include <QAbstractItemView>
#include <QElapsedTimer>

#include "core/base/format.h"
#include "widgets/run_table/run_timeline.h"

namespace slab {
namespace {

std::vector<RunRow> rows(int count) {
  std::vector<RunRow> all;
  for (int i = 0; i < count; ++i) {
    RunRow row;
    row.path = QString("/p/runs/run-%1").arg(i);
    row.name = QString("run-%1").arg(i);
    row.top1 = i % 100;
    row.started = i;
    row.config["model.norm"] = i % 2 ? "prep_bn" : "layer_norm";
    all.push_back(row);
  }
  return all;
}

TEST(RunTable, FiltersAndKeepsTheCurrentRunOverUpdates) {
  RunModel model;
  RunTable table(&model, RunTable::Form::Full);
  model.setRuns(rows(10));
  table.setCurrent("/p/runs/run-3");
  model.setRuns(rows(10));
  EXPECT_EQ(table.current(), "/p/runs/run-3");
  table.setFilterText("norm = prepbn");
  EXPECT_EQ(table.shownRows(), 5);
  table.setFilterText("norm =");
  EXPECT_EQ(table.shownRows(), 10) << "a half-typed filter hides nothing";
}

TEST(RunTable, SaysWhatAScoreIs) {
  std::vector<RunRow> runs = rows(2);
  runs[0].config["data.type"] = "coco";
  runs[0].top1 = runs[0].bestTop1 = 31.4;
  RunModel model;
  model.setRuns(runs);
  const auto spoken = [&](int row, int column) { return model.index(row, column).data(Qt::AccessibleTextRole); };
  EXPECT_EQ(spoken(0, RunModel::Top1), "mask AP: 31.4 %");
  EXPECT_EQ(spoken(0, RunModel::BestTop1), "best mask AP: 31.4 %");
  EXPECT_EQ(spoken(1, RunModel::Top1), "top-1: 1.0 %");
  EXPECT_EQ(model.index(0, RunModel::Top1).data(Qt::ToolTipRole), "mask AP");
}

TEST(RunTable, MarksARunWhoseNormsRaisedAnAlarm) {
  std::vector<RunRow> runs = rows(2);
  runs[0].state = runs[1].state = RunState::Done;
  runs[1].alarm = "batches of layers.1 drift";
  runs[1].alarmStep = 2060;
  RunModel model;
  model.setRuns(runs);
  const auto state = [&](int row, int role) { return model.index(row, RunModel::State).data(role).toString(); };
  EXPECT_EQ(state(0, Qt::DisplayRole), "done");
  EXPECT_EQ(state(1, Qt::DisplayRole), QString::fromUtf8("done \u25B2"));
  const QString step = QString::fromStdString(formatInteger(2060, true));
  EXPECT_EQ(state(1, Qt::ToolTipRole), "alarm at step " + step + ": batches of layers.1 drift");
  EXPECT_EQ(state(1, Qt::AccessibleTextRole), "state: done, alarm at step " + step + ": batches of layers.1 drift");
  EXPECT_NE(model.index(0, RunModel::State).data(Qt::ForegroundRole),
            model.index(1, RunModel::State).data(Qt::ForegroundRole));
}

TEST(RunTable, AsksForRenamesAndNeverRenamesByItself) {
  RunModel model;
  model.setRuns(rows(1));
  QString asked;
  QObject::connect(&model, &RunModel::renameWanted, [&](const QString&, const QString& name) { asked = name; });
  EXPECT_TRUE(model.setData(model.index(0, RunModel::Name), "better", Qt::EditRole));
  EXPECT_EQ(asked, "better");
  EXPECT_EQ(model.row(0).name, "run-0");
  EXPECT_FALSE(model.setData(model.index(0, RunModel::Name), "  ", Qt::EditRole));
}

TEST(Eta, IsARangeAroundTheRecentSpeedAndForgetsAStall) {
  EtaEstimator eta;
  EXPECT_FALSE(eta.left(100).isKnown);
  double seconds = 0;
  for (int step = 0; step < 40; ++step) {
    seconds += step == 20 ? 60.0 : step % 2 ? 0.09 : 0.11;  // one pause of a minute
    eta.add(step, seconds);
  }
  const auto left = eta.left(100);
  ASSERT_TRUE(left.isKnown);
  EXPECT_NEAR(left.low, 9.0, 0.5);
  EXPECT_NEAR(left.high, 11.0, 0.5);
  eta.add(3, 1);  // a rewind starts anew
  EXPECT_FALSE(eta.left(100).isKnown);
}

}  // namespace
}  // namespace slab
