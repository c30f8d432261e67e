// Detection with real workers: pictures from the sandbox, and a scan.
#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QSettings>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>

#include "app/gui/main_window.h"
#include "app/gui/panels/attention_panel.h"
#include "app/gui/panels/detection_panel.h"
#include "app/gui/panels/run_config.h"
#include "app/gui/session.h"
#include "app/gui/workspace.h"
#include "core/formats/jpeg_files.h"
#include "gui/coco_files.h"
#include "gui/sample_project.h"
#include "gui/shown_window.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kPatience = 120'000;

TEST(DetectionWindow, ShowsPicturesFromTheSandboxAndScansThem) {
  theme().apply(ThemeKind::Light, 1.0);
  QSettings().clear();
  QTemporaryDir project, folder;
  const test::CocoFiles files = test::writeCocoFiles(folder.path());
  // The content counts, not the name: a wide JPEG of the size in the record, red on the left.
  const auto jpeg = test::encodeJpeg(test::makeImage(64, 48, 3, [](int x, int, int c) {
    return c == 0 && x < 32 ? 255 : c == 2 && x >= 32 ? 255 : 0;
  }));
  QFile first(files.root + "/1.png");
  ASSERT_TRUE(first.open(QIODevice::WriteOnly));
  first.write(reinterpret_cast<const char*>(jpeg.data()), static_cast<qint64>(jpeg.size()));
  first.close();
  QFile::remove(files.root + "/3.png");

  Session session;
  MainWindow window(session);
  window.resize(1440, 900);
  window.show();
  session.openProject(project.path());
  session.openAnnotations(files.annotations);
  auto* panel = window.findChild<DetectionPanel*>();
  ASSERT_TRUE(QTest::qWaitFor([&] { return panel->reader().set() && panel->isSettled(); }, kPatience));
  const QImage& picture = panel->view().image();
  ASSERT_GT(picture.width(), 256) << "not the plain ground";
  EXPECT_NEAR(static_cast<double>(picture.width()) / picture.height(), 64.0 / 48.0, 0.02) << "nothing black around it";
  EXPECT_GT(picture.pixelColor(picture.width() / 4, picture.height() / 2).red(), 200);
  EXPECT_GT(picture.pixelColor(picture.width() * 3 / 4, picture.height() / 2).blue(), 200);

  bool isScanned = false;
  QObject::connect(&panel->doctor(), &CocoDoctor::scanned, panel, [&] { isScanned = true; });
  panel->doctor().scan();
  ASSERT_TRUE(QTest::qWaitFor([&] { return isScanned; }, kPatience));
  EXPECT_EQ(panel->doctor().report().bad, 6) << panel->doctor().words().toStdString();
  EXPECT_TRUE(panel->doctor().words().contains("1 missing file")) << panel->doctor().words().toStdString();
  EXPECT_TRUE(panel->doctor().words().contains("1 crowds"));

  panel->showImage(2);
  ASSERT_TRUE(QTest::qWaitFor([&] { return panel->isSettled(); }, kPatience));
  EXPECT_FALSE(panel->view().objects().empty()) << "boxes are there without the picture";
}

TEST(DetectionWindow, AnObjectThatIsActivatedOpensInAttentionAtItsPlace) {
  QTemporaryDir project, folder;
  const test::CocoFiles files = test::writeCocoFiles(folder.path());
  test::writeSampleRun(project.path().toStdString(), test::sampleDetector(0));
  Session session;
  const auto window = test::showWindow(session);
  session.openProject(project.path());
  ASSERT_TRUE(QTest::qWaitFor([&] { return session.currentRun() != nullptr; }, kPatience));
  session.openAnnotations(files.annotations);
  auto* panel = window->findChild<DetectionPanel*>();
  ASSERT_TRUE(QTest::qWaitFor([&] { return panel->reader().set() && panel->isSettled(); }, kPatience));
  panel->showImage(1);
  ASSERT_TRUE(QTest::qWaitFor([&] { return panel->isSettled() && panel->view().objects().size() == 3; }, kPatience));
  const QPointF centre = panel->view().objects()[1].box.center();
  emit panel->view().objectActivated(1);
  EXPECT_EQ(window->workspace()->panel().id(), "attention");
  const AttentionPane* pane = window->findChildren<AttentionPane*>().value(0);
  ASSERT_NE(pane, nullptr);
  const RunRow& run = *session.currentRun();
  EXPECT_EQ(pane->run(), run.path);
  EXPECT_EQ(pane->checkpoint(), QDir(run.path).filePath(run.lastCheckpoint));
  EXPECT_TRUE(pane->checkpoint().endsWith("step-00001000")) << pane->checkpoint().toStdString();
  EXPECT_EQ(QString::fromStdString(pane->subject().image.path), files.root + "/2.png");
  EXPECT_FALSE(pane->subject().isMean);
  EXPECT_EQ(pane->subject().query, placeInDetection({64, 48}, centre, configOf(&run).data));

  QSpinBox* field = nullptr;
  for (auto* box : window->findChildren<QSpinBox*>()) {
    if (box->accessibleName() == "Image of the validation set") field = box;
  }
  ASSERT_NE(field, nullptr);
  EXPECT_EQ(field->text().toStdString(), "2.png") << "no image of the validation set is shown";
  field->stepUp();
  EXPECT_EQ(field->text().toStdString(), "image 0");
  EXPECT_EQ(pane->subject().image.path, "");
  EXPECT_EQ(field->minimum(), 0);
}

}  // namespace
}  // namespace slab
