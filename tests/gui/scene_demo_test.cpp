// From nothing to a detector that trains, in the window with real workers.
#include "app/gui/scene_demo.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFileInfo>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "app/gui/checkpoint_detections.h"
#include "app/gui/main_window.h"
#include "app/gui/panels/detection_panel.h"
#include "app/gui/run_actions.h"
#include "app/gui/session.h"
#include "app/gui/workspace.h"
#include "core/config/data_config.h"
#include "gui/shown_window.h"
#include "support/small_scenes_detector.h"

namespace slab {
namespace {

constexpr int kPatience = 120'000;

coco::SceneSetOptions scenes(std::int64_t images) {
  coco::SceneSetOptions options;
  options.images = images;
  options.size = 64;
  return options;
}

/// The preset, made small: two steps.
QStringList smallTraining() {
  QStringList settings{"train.steps=2", "optim.warmup=0"};
  for (const std::string& setting : test::smallScenesDetector()) settings << QString::fromStdString(setting);
  return settings;
}

class SceneDemoTest : public testing::Test {
 protected:
  void SetUp() override {
    window_ = test::showWindow(session_);
    session_.openProject(project_.path());
    ASSERT_TRUE(QTest::qWaitFor([this] { return session_.isProjectRead(); }, kPatience));
    QObject::connect(&session_, &Session::noticed, window_.get(), [this](const Notice& notice) {
      if (notice.tone == "bad") problems_ += notice.words;
    });
  }
  static bool hasItems() { return QFileInfo::exists(kFashionMnistRoot); }
  [[nodiscard]] bool isEmpty() const {
    return !QFileInfo::exists(project_.filePath("scenes")) && QDir(project_.filePath("runs")).isEmpty();
  }
  bool waitForDone(std::size_t runs) {
    return QTest::qWaitFor(
        [&] {
          return session_.runs().size() == runs &&
                 std::all_of(session_.runs().begin(), session_.runs().end(),
                             [](const RunRow& run) { return run.state == RunState::Done; });
        },
        kPatience);
  }

  QTemporaryDir project_;
  Session session_;
  std::unique_ptr<MainWindow> window_;
  QStringList problems_;
};

TEST_F(SceneDemoTest, MakesScenesOnceAndTrainsADetectorOnThem) {
  if (!hasItems()) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  SceneDemo demo(session_, scenes(4), smallTraining());
  const QSignalSpy progress(&demo, &SceneDemo::progressed);
  demo.start();
  EXPECT_TRUE(demo.isBusy());
  demo.start();  // a second press changes nothing
  ASSERT_TRUE(waitForDone(1)) << problems_.join(' ').toStdString();
  EXPECT_FALSE(progress.isEmpty());
  EXPECT_EQ(window_->workspace()->panel().id(), "train");
  const RunRow& run = session_.runs().front();
  EXPECT_TRUE(run.isDetector());
  EXPECT_EQ(run.name, "mask_rcnn_scenes");
  EXPECT_EQ(run.config.value("data.root"), demo.folder());
  EXPECT_EQ(QDir(demo.folder() + "/train").entryList(QDir::Files).size(), 4);

  const QString annotations = demo.folder() + "/annotations/instances_train.json";
  const QDateTime made = QFileInfo(annotations).lastModified();
  demo.start();
  EXPECT_FALSE(demo.isBusy()) << "the scenes are there already";
  ASSERT_TRUE(waitForDone(2)) << problems_.join(' ').toStdString();
  EXPECT_EQ(QFileInfo(annotations).lastModified(), made);
  EXPECT_EQ(problems_, QStringList());
}

TEST_F(SceneDemoTest, WhatTheDetectorFindsOpensBesideItsValidationScenes) {
  if (!hasItems()) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  SceneDemo demo(session_, scenes(4), smallTraining());
  demo.start();
  ASSERT_TRUE(waitForDone(1)) << problems_.join(' ').toStdString();
  QAction* detections = session_.actions().detections;
  ASSERT_TRUE(QTest::qWaitFor([&] { return detections->isEnabled(); }, kPatience));
  const RunRow run = *session_.currentRun();
  const QString found = run.path + "/exports/found-2.json";

  CheckpointDetections stopped(session_);
  stopped.show(run);
  ASSERT_TRUE(stopped.isBusy());
  stopped.stop();
  ASSERT_TRUE(QTest::qWaitFor([&] { return !stopped.isBusy(); }, kPatience));
  EXPECT_TRUE(QDir(run.path + "/exports").isEmpty()) << "nothing is kept";

  detections->trigger();
  EXPECT_FALSE(detections->isEnabled()) << "one at a time";
  const auto* panel = window_->findChild<DetectionPanel*>();
  const auto isOpen = [&] { return panel->reader().results() && panel->reader().results()->path == found; };
  ASSERT_TRUE(QTest::qWaitFor(isOpen, kPatience)) << problems_.join(' ').toStdString();
  EXPECT_EQ(QString::fromStdString(panel->reader().set()->set.path), demo.folder() + "/annotations/instances_val.json");
  EXPECT_TRUE(detections->isEnabled());
  EXPECT_EQ(problems_, QStringList());
}

TEST_F(SceneDemoTest, MissingFashionMnistIsOneMessageAndLeavesNothing) {
  coco::SceneSetOptions without = scenes(4);
  without.items = project_.filePath("nowhere").toStdString();
  SceneDemo demo(session_, without, smallTraining());
  QSignalSpy ended(&demo, &SceneDemo::ended);
  demo.start();
  ASSERT_TRUE(QTest::qWaitFor([&] { return !ended.isEmpty(); }, kPatience));
  ASSERT_EQ(problems_.size(), 1) << problems_.join(' ').toStdString();
  EXPECT_TRUE(problems_.first().contains("apt install dataset-fashion-mnist")) << problems_.first().toStdString();
  EXPECT_TRUE(isEmpty());
}

TEST_F(SceneDemoTest, AStopMakesNoScenesAndStartsNoRun) {
  if (!hasItems()) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  SceneDemo demo(session_, scenes(coco::kMostScenes), smallTraining());
  QSignalSpy ended(&demo, &SceneDemo::ended);
  demo.start();
  QTest::qWait(200);
  demo.stop();
  ASSERT_TRUE(QTest::qWaitFor([&] { return !ended.isEmpty(); }, kPatience));
  EXPECT_TRUE(isEmpty());
  EXPECT_TRUE(window_->noticeWords().contains("no scenes were made")) << window_->noticeWords().toStdString();
  EXPECT_EQ(problems_, QStringList());
}

}  // namespace
}  // namespace slab
