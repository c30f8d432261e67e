#include "widgets/queue_table/queue_table.h"

#include <gtest/gtest.h>

#include <QMimeData>
#include <QTableView>
#include <memory>

namespace slab {
namespace {

QueueRow row(qint64 id, JobState state) {
  QueueRow job;
  job.id = id;
  job.name = QString("job-%1").arg(id);
  job.state = state;
  return job;
}

/// One runs, three wait (the second of them held), one is done.
std::vector<QueueRow> jobs() {
  return {row(1, JobState::Running), row(2, JobState::Waiting), row(3, JobState::Held), row(4, JobState::Waiting),
          row(5, JobState::Done)};
}

class QueueTables : public ::testing::Test {
 protected:
  QueueTables() {
    model_.setJobs(jobs());
    QObject::connect(&model_, &QueueModel::moveWanted, [this](qint64 id, int place) { asked_ = {id, place}; });
  }
  /// Drags row `from` before row `to`, as the view does.
  std::pair<qint64, int> drag(int from, int to) {
    asked_ = {0, -1};
    const std::unique_ptr<QMimeData> data(model_.mimeData({model_.index(from, 0)}));
    EXPECT_FALSE(model_.dropMimeData(data.get(), Qt::MoveAction, to, 0, {})) << "the view would delete the row";
    return asked_;
  }

  QueueModel model_;
  std::pair<qint64, int> asked_{0, -1};
};

TEST_F(QueueTables, PendingJobsHavePlacesAndOthersNone) {
  EXPECT_EQ(model_.placeOf(0), -1);
  EXPECT_EQ(model_.placeOf(1), 0);
  EXPECT_EQ(model_.placeOf(3), 2);
  EXPECT_EQ(model_.placeOf(4), -1);
  EXPECT_EQ(model_.index(2, QueueModel::Place).data().toString(), "2");
  EXPECT_FALSE(model_.flags(model_.index(0, 0)).testFlag(Qt::ItemIsDragEnabled));
  EXPECT_TRUE(model_.flags(model_.index(2, 0)).testFlag(Qt::ItemIsDragEnabled));
}

TEST_F(QueueTables, ADropAsksForThePlaceItIsMadeAt) {
  EXPECT_EQ(drag(3, 1), std::pair(qint64{4}, 0));
  EXPECT_EQ(drag(1, 4), std::pair(qint64{2}, 2));
  EXPECT_EQ(drag(1, 3), std::pair(qint64{2}, 1));
  EXPECT_EQ(drag(1, 5), std::pair(qint64{2}, 2)) << "below the pending ones is their end";
  EXPECT_EQ(drag(3, 0), std::pair(qint64{4}, 0)) << "above the running one is the head";
  EXPECT_EQ(drag(1, -1), std::pair(qint64{2}, 2)) << "on empty space";
  EXPECT_EQ(drag(2, 2), std::pair(qint64{0}, -1)) << "where it was";
  EXPECT_EQ(drag(2, 3), std::pair(qint64{0}, -1)) << "before the one behind it";
  EXPECT_EQ(model_.row(1).id, 2) << "the model itself changes nothing";
}

TEST_F(QueueTables, TheChoiceFollowsAJobThatMoves) {
  QueueTable table(&model_);
  table.choose(4);
  ASSERT_EQ(table.chosen().size(), 1U);
  auto moved = jobs();
  std::swap(moved[1], moved[3]);
  model_.setJobs(moved);
  ASSERT_EQ(table.chosen().size(), 1U);
  EXPECT_EQ(table.chosen().front().id, 4);
}

TEST_F(QueueTables, CellsSayWhatIsKnownAndNothingElse) {
  auto rows = jobs();
  rows[0].step = 40;
  rows[0].steps = 100;
  rows[0].secondsLeft = 75;
  rows[4].step = rows[4].steps = 1000;
  rows[4].score = 86.61;
  rows[4].scoreName = "mask AP";
  model_.setJobs(rows);
  const auto cell = [&](int index, int column) { return model_.index(index, column).data().toString(); };
  EXPECT_EQ(cell(0, QueueModel::Step), "40 / 100");
  EXPECT_EQ(cell(0, QueueModel::Left), "1:15");
  EXPECT_EQ(cell(1, QueueModel::Left), QStringLiteral("\u2013")) << "not known";
  EXPECT_EQ(cell(4, QueueModel::Left), "");
  EXPECT_EQ(cell(4, QueueModel::Score), "86.6 %");
  EXPECT_EQ(cell(1, QueueModel::Score), "");
  EXPECT_EQ(model_.headerData(QueueModel::Score, Qt::Horizontal, Qt::DisplayRole), "score") << "jobs of every kind";
  EXPECT_EQ(model_.index(4, QueueModel::Score).data(Qt::ToolTipRole), "mask AP");
  EXPECT_EQ(model_.index(4, QueueModel::Score).data(Qt::AccessibleTextRole), "mask AP: 86.6 %");
}

}  // namespace
}  // namespace slab
