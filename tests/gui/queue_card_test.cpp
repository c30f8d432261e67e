// The queue of a project in the window, offscreen, on a queue.db written by the real store.
#include "app/gui/panels/queue_card.h"

#include <gtest/gtest.h>

#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include "app/gui/dialogs/checkpoint_dialog.h"
#include "app/gui/dialogs/sweep_dialog.h"
#include "app/gui/panels/queue_rows.h"
#include "app/gui/panels/sweep_results.h"
#include "app/gui/project_queue.h"
#include "app/gui/session.h"
#include "core/config/load.h"
#include "core/config/sweep.h"
#include "core/store/run_queue.h"
#include "gui/sample_project.h"

namespace slab {
namespace {

constexpr int kPatience = 15'000;

class QueueCards : public testing::Test {
 protected:
  void SetUp() override {
    test::writeSampleProject(path(), 80);
    test::writeSampleQueue(path());
    session_.openProject(project_.path());
    card_.content()->resize(1000, 400);
    card_.content()->show();
    ASSERT_TRUE(QTest::qWaitFor([this] { return session_.queue().jobs().size() == 6; }, kPatience));
    ASSERT_TRUE(QTest::qWaitFor([this] { return session_.runs().size() == 4; }, kPatience));
  }
  void TearDown() override {
    delete card_.content();
    delete card_.header();
  }

  [[nodiscard]] std::string path() const { return project_.path().toStdString(); }
  /// Names of the pending jobs, by their last four letters.
  QString order() {
    QStringList names;
    for (const QueueJob& job : session_.queue().jobs()) {
      if (isPending(job.state)) names += QString::fromStdString(job.name).right(4);
    }
    return names.join(' ');
  }
  bool waitForOrder(const QString& wanted) {
    return QTest::qWaitFor([&] { return order() == wanted; }, kPatience);
  }
  QueueJob job(std::size_t index) { return session_.queue().jobs()[index]; }
  QAction* action(const QString& icon_text) {
    for (QAction* candidate : card_.actions()) {
      if (candidate->iconText() == icon_text) return candidate;
    }
    return nullptr;
  }

  QTemporaryDir project_;
  Session session_;
  QueueCard card_{session_, nullptr};
};

TEST_F(QueueCards, KeysMoveTheChosenJobAndUndoTakesItBack) {
  ASSERT_EQ(order(), ".001 .002 .004 gain");
  card_.table()->choose(job(0).id);
  action("later")->trigger();
  ASSERT_TRUE(waitForOrder(".002 .001 .004 gain"));
  action("later")->trigger();
  ASSERT_TRUE(waitForOrder(".002 .004 .001 gain")) << "the choice went with the job";
  session_.undoStack().undo();
  ASSERT_TRUE(waitForOrder(".002 .001 .004 gain"));
  session_.undoStack().undo();
  EXPECT_TRUE(waitForOrder(".001 .002 .004 gain"));
}

TEST_F(QueueCards, RemovedJobsComeBackByUndo) {
  card_.table()->choose(job(1).id);
  ASSERT_TRUE(action("remove")->isEnabled());
  action("remove")->trigger();
  ASSERT_TRUE(waitForOrder(".001 .004 gain"));
  session_.undoStack().undo();
  EXPECT_TRUE(waitForOrder(".001 .002 .004 gain"));
}

TEST_F(QueueCards, HoldBecomesReleaseForAHeldJobAndForAFailedOne) {
  card_.table()->choose(job(0).id);
  action("hold")->trigger();
  ASSERT_TRUE(QTest::qWaitFor([this] { return job(0).state == JobState::Held; }, kPatience));
  ASSERT_NE(action("release"), nullptr);
  action("release")->trigger();
  ASSERT_TRUE(QTest::qWaitFor([this] { return job(0).state == JobState::Waiting; }, kPatience));
  const std::int64_t failed = job(4).state == JobState::Failed ? job(4).id : job(5).id;
  emit card_.table()->chosenChanged();
  card_.table()->view()->clearSelection();
  card_.table()->choose(failed);
  ASSERT_NE(action("release"), nullptr);
  action("release")->trigger();
  EXPECT_TRUE(waitForOrder(".001 .002 .004 gain 0006"));
}

TEST_F(QueueCards, TheSummaryEstimatesFromRunsOfTheSameWork) {
  // slab_swin_tiny28-0007 took 37.5 s for 80 steps of the same model and batch; a trial has 375.
  StepTimes times;
  times.learn(session_.runs());
  EXPECT_EQ(queueSummary(queueRows(session_, times), session_.queue()), "3 waiting, about 8:47 left");
}

TEST_F(QueueCards, AnotherProcessChangesWhatIsShown) {
  RunQueue(path()).add({{"from-a-terminal", {"{}", "{}"}, ""}});
  EXPECT_TRUE(waitForOrder(".001 .002 .004 gain inal"));
}

TEST_F(QueueCards, AddedJobsAreTakenBackByUndoAndPutBackByRedo) {
  session_.queue().add({{"added", {"{}", "{}"}, ""}});
  ASSERT_TRUE(waitForOrder(".001 .002 .004 gain dded"));
  session_.undoStack().undo();
  ASSERT_TRUE(waitForOrder(".001 .002 .004 gain"));
  session_.undoStack().redo();
  EXPECT_TRUE(waitForOrder(".001 .002 .004 gain dded"));
}

TEST_F(QueueCards, ADetectorsTrialsAreComparedByMaskAp) {
  SweepResults results(session_);
  results.refresh();
  EXPECT_EQ(results.view()->table()->horizontalHeaderItem(0)->text(), "best top-1");
  RunQueue queue(path());
  const ConfigSource source{"mask_rcnn_scenes", {}, {}, {"data.root=/scenes"}};
  std::vector<NewJob> jobs;
  const Search search = gridSearch({"optim.lr=0.001,0.002"});
  for (const Trial& trial : planSweep("scenes", source, search.settings)) {
    jobs.push_back({trial.name, takeSnapshot(trial.config, path()), toJson(trial.settings).dump()});
  }
  queue.addSweep("scenes", search.method.dump(), jobs);
  ASSERT_TRUE(QTest::qWaitFor([this] { return session_.queue().sweeps().size() == 2; }, kPatience));
  results.refresh();
  EXPECT_EQ(results.view()->table()->horizontalHeaderItem(0)->text(), "best mask AP");
}

TEST_F(QueueCards, ACheckpointOfADetectorSaysMaskAp) {
  CheckpointRecord checkpoint;
  checkpoint.step = 1000;
  checkpoint.top1 = 21.4;
  RunRow run;
  EXPECT_TRUE(checkpointWords(run, checkpoint).endsWith("top-1 21.4 %"))
      << checkpointWords(run, checkpoint).toStdString();
  run.config["data.type"] = "coco";
  EXPECT_TRUE(checkpointWords(run, checkpoint).endsWith("mask AP 21.4 %"));
  checkpoint.top1 = -1;
  EXPECT_FALSE(checkpointWords(run, checkpoint).contains("AP"));
}

TEST(SweepDialogs, CountTrialsAndRefuseWhatCannotTrain) {
  SweepDialog dialog(findPreset("demo_minute")->text, "demo");
  dialog.addKey("optim.lr", "1e-3, 2e-3, 4e-3");
  dialog.addKey("prepbn.lambda_end", "60%, 80%");
  EXPECT_EQ(dialog.trialCount(), 6U);
  EXPECT_EQ(dialog.problem(), "");
  EXPECT_EQ(dialog.method(), R"({"grid":{"optim.lr":[0.001,0.002,0.004],"prepbn.lambda_end":["60%","80%"]}})");
  EXPECT_EQ(dialog.jobs().front().name, "demo-lr0.001-lambda_end60pct");
  EXPECT_EQ(dialog.jobs().front().processes, 1);
  dialog.addKey("model.heads", "[3, 4]");
  EXPECT_TRUE(dialog.problem().contains("3 heads")) << dialog.problem().toStdString();
  dialog.addKey("optim.lrr", "1");
  EXPECT_TRUE(dialog.problem().contains("did you mean optim.lr")) << dialog.problem().toStdString();
}

TEST(SweepDialogs, CheckAndQueueTrialsForSeveralProcesses) {
  SweepDialog dialog(findPreset("demo_minute")->text, "demo", 2);
  dialog.addKey("optim.lr", "1e-3, 2e-3");
  EXPECT_EQ(dialog.problem(), "");
  EXPECT_EQ(dialog.jobs().back().processes, 2);
  dialog.addKey("data.drop_last", "true, false");
  EXPECT_TRUE(dialog.problem().contains("whole batches")) << dialog.problem().toStdString();
}

TEST(SweepDialogs, DrawRandomTrials) {
  SweepDialog dialog(findPreset("demo_minute")->text, "demo");
  dialog.setRandom(true);
  dialog.addKey("optim.lr", "log:1e-4:1e-2");
  EXPECT_EQ(dialog.problem(), "");
  EXPECT_EQ(dialog.trialCount(), 16U);
}

}  // namespace
}  // namespace slab
