// The workspace Detection without workers: reading, faults, classes, results, scores, exports.
#include "app/gui/panels/detection_panel.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QDropEvent>
#include <QFile>
#include <QMimeData>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "app/gui/main_window.h"
#include "app/gui/panels/attention_panel.h"
#include "app/gui/panels/configure_panel.h"
#include "app/gui/run_actions.h"
#include "app/gui/session.h"
#include "app/gui/workspace.h"
#include "gui/coco_files.h"
#include "gui/sample_project.h"
#include "gui/shown_window.h"

namespace slab {
namespace {

constexpr int kPatience = 10'000;

class DetectionPanelTest : public testing::Test {
 protected:
  void SetUp() override {
    files_ = test::writeCocoFiles(folder_.path());
    window_ = test::showWindow(session_);
    session_.openProject(project_.path());
    session_.showWorkspace("detection");
    panel_ = window_->findChild<DetectionPanel*>();
    ASSERT_NE(panel_, nullptr);
  }
  void openSet() {
    session_.openAnnotations(files_.annotations);
    ASSERT_TRUE(QTest::qWaitFor([this] { return panel_->reader().set() && isIdle(); }, kPatience));
  }
  void openResults() {
    session_.openResults(files_.results);
    ASSERT_TRUE(QTest::qWaitFor([this] { return panel_->reader().scores().boxes && isIdle(); }, kPatience));
  }
  /// But for pictures, which need a worker.
  [[nodiscard]] bool isIdle() const {
    const Background* objects = nullptr;
    for (const auto* work : panel_->findChildren<Background*>()) {
      if (work->isBusy()) objects = work;
    }
    return objects == nullptr;
  }
  [[nodiscard]] std::vector<ViewObject::Verdict> verdicts() const {
    std::vector<ViewObject::Verdict> list;
    for (const ViewObject& one : panel_->view().objects()) list.push_back(one.verdict);
    return list;
  }

  QTemporaryDir project_, folder_;
  test::CocoFiles files_;
  Session session_;
  std::unique_ptr<MainWindow> window_;
  DetectionPanel* panel_ = nullptr;
};

TEST_F(DetectionPanelTest, OpensASetFindsItsImagesAndNamesItsFaults) {
  openSet();
  EXPECT_EQ(panel_->reader().set()->root, files_.root);
  EXPECT_EQ(panel_->images().images().rowCount(), 4);
  EXPECT_EQ(panel_->currentImage(), 0);
  ASSERT_EQ(panel_->view().objects().size(), 2U);
  EXPECT_EQ(panel_->view().objects()[0].name, "cat");
  EXPECT_FALSE(panel_->view().objects()[0].mask.isNull());
  const ScanReport& report = panel_->doctor().report();
  EXPECT_EQ(report.bad, 5);
  for (const char* kind : {"2 box outside", "1 duplicate id", "1 unknown category", "1 zero area"}) {
    EXPECT_TRUE(panel_->doctor().words().contains(kind)) << kind << ": " << panel_->doctor().words().toStdString();
  }
  EXPECT_TRUE(QString::fromStdString(report.defects.front().reason).startsWith("has "))
      << "without file and record: " << report.defects.front().reason;
  const QString csv = project_.filePath("faults.csv");
  EXPECT_TRUE(panel_->doctor().exportFaults(csv));
  QFile file(csv);
  ASSERT_TRUE(file.open(QIODevice::ReadOnly));
  EXPECT_EQ(file.readAll().count("\r\n"), 6);
}

TEST_F(DetectionPanelTest, AFaultLeadsToItsImage) {
  openSet();
  panel_->showImage(2);
  emit panel_->doctor().recordSelected("annotation 9");
  EXPECT_EQ(panel_->currentImage(), 3);
  emit panel_->doctor().recordSelected("image 2");
  EXPECT_EQ(panel_->currentImage(), 1);
  emit panel_->doctor().recordSelected("entry 3 of images");
  EXPECT_EQ(panel_->currentImage(), 1);
}

TEST_F(DetectionPanelTest, ClassesAndCrowdsAreHiddenAndImagesWithoutAnyAreNotListed) {
  openSet();
  panel_->classes().setShown({true, false});
  ASSERT_TRUE(QTest::qWaitFor([this] { return panel_->images().images().rowCount() == 3; }, kPatience));
  EXPECT_EQ(panel_->images().images().rowOf(2), -1) << "only a dog";
  panel_->classes().setShown({false, true});
  panel_->showImage(3);
  ASSERT_TRUE(QTest::qWaitFor([this] { return isIdle(); }, kPatience));
  ASSERT_EQ(panel_->view().objects().size(), 1U);
  EXPECT_TRUE(panel_->view().objects()[0].isCrowd);
  DetectionChoice choice = panel_->controls().choice();
  choice.crowds = false;
  panel_->controls().setChoice(choice);
  EXPECT_TRUE(panel_->view().objects().empty());
  EXPECT_FALSE(QSettings().value("detection/crowds").toBool()) << "remembered";
}

TEST_F(DetectionPanelTest, ResultsSayWhatIsRightWrongAndMissed) {
  using Verdict = ViewObject::Verdict;
  openSet();
  openResults();
  ASSERT_TRUE(panel_->reader().results()->hasMasks);
  panel_->showImage(1);
  ASSERT_TRUE(QTest::qWaitFor([this] { return isIdle(); }, kPatience));
  EXPECT_EQ(verdicts(), (std::vector{Verdict::Missed, Verdict::Missed, Verdict::Missed, Verdict::Wrong}));
  panel_->showImage(2);
  ASSERT_TRUE(QTest::qWaitFor([this] { return isIdle(); }, kPatience));
  EXPECT_EQ(verdicts(), (std::vector{Verdict::Right, Verdict::Right})) << "0.2 is below the least score";
  DetectionChoice choice = panel_->controls().choice();
  choice.leastScore = 0.1;
  panel_->controls().setChoice(choice);
  EXPECT_EQ(verdicts(), (std::vector{Verdict::Right, Verdict::Right, Verdict::Wrong}));
  choice.threshold = 9;  // 0.95; the boxes overlap by 28 / 30
  panel_->controls().setChoice(choice);
  EXPECT_EQ(verdicts(), (std::vector{Verdict::Missed, Verdict::Wrong, Verdict::Wrong}));
  panel_->showImage(3);
  ASSERT_TRUE(QTest::qWaitFor([this] { return isIdle(); }, kPatience));
  ASSERT_FALSE(verdicts().empty());
  EXPECT_EQ(verdicts().back(), Verdict::Ignored) << "in the crowd";
}

TEST_F(DetectionPanelTest, ImagesAreSortedByTheirErrors) {
  openSet();
  openResults();
  panel_->images().sortByColumn(ImageTableModel::Errors, Qt::DescendingOrder);
  ASSERT_TRUE(QTest::qWaitFor([this] { return panel_->images().images().row(0).errors() > 0; }, kPatience));
  const ImageTableRow& worst = panel_->images().images().row(0);
  EXPECT_EQ(worst.image, 1);
  EXPECT_EQ(worst.wrong, 1);
  EXPECT_EQ(worst.missed, 3);
  const auto* grid = window_->findChild<DatasetGrid*>("detectionGrid");
  ASSERT_NE(grid, nullptr);
  EXPECT_EQ(grid->current(), panel_->images().images().rowOf(panel_->currentImage()));
}

TEST_F(DetectionPanelTest, TheTwelveNumbersAreThoseOfTheEvaluationAndAreExported) {
  openSet();
  openResults();
  ASSERT_TRUE(QTest::qWaitFor([this] { return panel_->reader().scores().masks.has_value(); }, kPatience));
  const auto& results = *panel_->reader().results();
  const coco::CocoScores boxes = coco::evaluate(results.set->set, results.detections, {});
  EXPECT_EQ(panel_->reader().scores().boxes->stats, boxes.stats);
  EXPECT_GT(boxes.stats[0], 0);
  const QString csv = project_.filePath("scores.csv");
  ASSERT_TRUE(panel_->scores().exportScores(csv));
  QFile file(csv);
  ASSERT_TRUE(file.open(QIODevice::ReadOnly));
  const QByteArray text = file.readAll();
  EXPECT_TRUE(text.contains(QByteArray::number(boxes.stats[0], 'g', 17))) << text.toStdString();
  EXPECT_TRUE(text.contains("AP small"));
  EXPECT_TRUE(text.contains("dog,3,"));
}

TEST_F(DetectionPanelTest, ResultsOfBoxesAloneHaveNoMasksToCompare) {
  files_ = test::writeCocoFiles(folder_.path(), /*withMasks=*/false);
  openSet();
  openResults();
  EXPECT_FALSE(panel_->reader().results()->hasMasks);
  EXPECT_FALSE(panel_->reader().maskMatches());
  EXPECT_FALSE(panel_->reader().scores().masks.has_value());
}

TEST_F(DetectionPanelTest, WhatCanNotBeOpenedIsSaidAndLeavesWhatWasOpen) {
  openSet();
  const SharedSet before = panel_->reader().set();
  const QSignalSpy failed(&panel_->reader(), &SetReader::failed);
  QFile broken(folder_.filePath("broken.json"));
  ASSERT_TRUE(broken.open(QIODevice::WriteOnly) && broken.write("{\"images\": [") > 0);
  broken.close();
  session_.openAnnotations(broken.fileName());
  ASSERT_TRUE(QTest::qWaitFor([&] { return failed.count() == 1; }, kPatience));
  EXPECT_TRUE(failed[0][1].toString().contains("is cut")) << failed[0][1].toString().toStdString();
  EXPECT_EQ(panel_->reader().set(), before);
  EXPECT_TRUE(window_->noticeWords().contains("is cut")) << window_->noticeWords().toStdString();
  session_.openResults(files_.annotations);
  ASSERT_TRUE(QTest::qWaitFor([&] { return failed.count() == 2; }, kPatience));
  EXPECT_FALSE(panel_->reader().results());
}

TEST_F(DetectionPanelTest, ADroppedFileIsKnownByItsContent) {
  const auto drop = [this](const QString& file) {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(file)});
    QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window_.get(), &enter);
    EXPECT_TRUE(enter.isAccepted());
    QDropEvent event(QPointF(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window_.get(), &event);
  };
  session_.showWorkspace("runs");
  drop(files_.annotations);
  EXPECT_EQ(window_->workspace()->panel().id(), "detection");
  ASSERT_TRUE(QTest::qWaitFor([this] { return panel_->reader().set() && isIdle(); }, kPatience));
  drop(files_.results);
  ASSERT_TRUE(QTest::qWaitFor([this] { return panel_->reader().results() != nullptr; }, kPatience));
}

TEST_F(DetectionPanelTest, ExportsTheImageAndTellsAFailure) {
  openSet();
  const QString file = project_.filePath("picture.png");
  EXPECT_TRUE(panel_->exportPicture(file));
  const QImage picture(file);
  EXPECT_EQ(picture.width(), 1024) << "small images are enlarged";
  EXPECT_FALSE(panel_->exportPicture("/nonexistent/picture.png"));
}

TEST_F(DetectionPanelTest, StepsThroughImagesInTheOrderOfTheList) {
  openSet();
  panel_->images().sortByColumn(ImageTableModel::Objects, Qt::DescendingOrder);
  panel_->images().setCurrentRow(0);
  EXPECT_EQ(panel_->currentImage(), 1) << "three objects";
  emit panel_->view().stepWanted(1);
  EXPECT_EQ(panel_->currentImage(), panel_->images().images().row(1).image);
  emit panel_->view().stepWanted(-1);
  emit panel_->view().stepWanted(-1);
  EXPECT_EQ(panel_->currentImage(), 1) << "the first stays the first";
}

TEST_F(DetectionPanelTest, TrainsOnTheSetFromConfigureAndUndoes) {
  openSet();
  auto* configure = window_->findChild<ConfigurePanel*>();
  ASSERT_NE(configure, nullptr);
  const RunConfig before = configure->document().config();
  ASSERT_FALSE(before.isDetector());
  for (QAction* action : panel_->menuActions()) {
    if (action->text() == "Train on this set") action->trigger();
  }
  EXPECT_EQ(window_->workspace()->panel().id(), "configure");
  const RunConfig& config = configure->document().config();
  ASSERT_TRUE(config.isDetector());
  EXPECT_EQ(config.data.annotations, files_.annotations.toStdString());
  EXPECT_EQ(config.data.images, files_.root.toStdString());
  EXPECT_EQ(config.detector.classes, 2);
  EXPECT_EQ(config.model.inChannels, 3) << "the demo's model does not stay";
  EXPECT_FALSE(configure->document().hasErrors());
  session_.undoStack().undo();
  EXPECT_TRUE(configure->document().config() == before);
}

/// A detector's run, checkpointed at step 1000, that was trained with `settings`.
class DetectionsOfACheckpoint : public DetectionPanelTest {
 protected:
  void openRun(const std::vector<std::string>& settings) {
    test::SampleRun run = test::sampleDetector(0);
    run.settings = settings;
    test::writeSampleRun(project_.path().toStdString(), run);
    session_.openProject(project_.path());
    ASSERT_TRUE(QTest::qWaitFor([this] { return detections().isEnabled(); }, kPatience));
  }
  QAction& detections() { return *session_.actions().detections; }
};

TEST_F(DetectionsOfACheckpoint, ThatAreThereOpenAtOnceWithTheirOwnAnnotations) {
  EXPECT_FALSE(detections().isVisible()) << "no run yet";
  openSet();
  openResults();
  const SharedSet before = panel_->reader().set();
  openRun({"data.val_annotations=" + files_.annotations.toStdString(), "data.val_images=" + files_.root.toStdString()});
  const QString exports = session_.currentRun()->path + "/exports";
  const QString found = exports + "/found-1000.json";
  ASSERT_TRUE(QDir().mkpath(exports) && QFile::copy(files_.results, found));
  session_.showWorkspace("runs");
  detections().trigger();
  EXPECT_EQ(window_->workspace()->panel().id(), "detection");
  const SetReader& reader = panel_->reader();
  ASSERT_TRUE(QTest::qWaitFor([&] { return reader.results() && reader.results()->path == found; }, kPatience));
  EXPECT_NE(reader.set(), before) << "the run's set was opened";
  EXPECT_EQ(reader.results()->set, reader.set());
  EXPECT_EQ(reader.results()->detections.size(), 5U);
}

TEST_F(DetectionsOfACheckpoint, NeedAValidationSet) {
  openRun({"data.annotations=a.json", "data.images=a"});
  detections().trigger();
  EXPECT_TRUE(window_->noticeWords().contains("has no validation set")) << window_->noticeWords().toStdString();
  EXPECT_TRUE(detections().isEnabled());
}

TEST(PlaceInEvaluation, FollowsResizeAndCrop) {
  // 448 x 256 to 448 x 256 (shorter side 256), the middle 224 of it.
  EXPECT_EQ(placeInEvaluation({448, 256}, {224, 128}, 224), QPointF(0.5, 0.5));
  const QPointF corner = placeInEvaluation({448, 256}, {112, 16}, 224);
  EXPECT_NEAR(corner.x(), 0.0, 1e-12);
  EXPECT_NEAR(corner.y(), 0.0, 1e-12);
  EXPECT_LT(placeInEvaluation({448, 256}, {50, 128}, 224).x(), 0) << "cropped away";
  EXPECT_EQ(placeInEvaluation({224, 224}, {56, 112}, 224), QPointF(0.25, 0.5)) << "of the model's size already";
}

TEST(PlaceInDetection, FollowsResizeAndFilling) {
  DataConfig data;
  data.sides = {480, 800};
  data.longest = 1333;
  // 640 x 480 to 1067 x 800, filled up to 1088 x 800.
  const QPointF centre = placeInDetection({640, 480}, {320, 240}, data);
  EXPECT_NEAR(centre.x(), 0.5 * 1067 / 1088, 1e-12);
  EXPECT_NEAR(centre.y(), 0.5, 1e-12);
  // 1000 x 400: the longer side is the one that counts.
  EXPECT_NEAR(placeInDetection({1000, 400}, {1000, 0}, data).x(), 1333.0 / 1344, 1e-12);
}

TEST(ImageObjects, AMaskIsCutOutWhereItIs) {
  coco::CocoSet set;
  set.images = {{1, 30, 20, "a.png"}};
  set.categories = {{1, "cat"}};
  coco::RunLengths mask{20, 30, {}};
  // Columns 5 to 7, rows 10 to 14.
  mask.counts = {5 * 20 + 10, 5, 15, 5, 15, 5, 22 * 20 + 5};
  set.annotations = {{1, 1, 1, {5, 10, 3, 5}, 15, false, mask}};
  const OpenedSet opened(std::move(set));
  const ImageObjects objects = objectsOf(opened, nullptr, nullptr, 0, {});
  ASSERT_EQ(objects.objects.size(), 1U);
  EXPECT_EQ(objects.objects[0].mask.size(), QSize(3, 5));
  EXPECT_EQ(objects.objects[0].maskAt, QPoint(5, 10));
  int in = 0;
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 3; ++x) in += objects.objects[0].mask.constScanLine(y)[x] == 255 ? 1 : 0;
  }
  EXPECT_EQ(in, 15);
}

}  // namespace
}  // namespace slab
