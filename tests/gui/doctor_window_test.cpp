// The dataset doctor in the window, with a real scan.
#include <gtest/gtest.h>

#include <QAction>
#include <QDir>
#include <QFile>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "app/gui/main_window.h"
#include "app/gui/panels/configure_panel.h"
#include "app/gui/panels/data_panel.h"
#include "app/gui/panels/doctor_card.h"
#include "app/gui/session.h"
#include "app/gui/workspace.h"
#include "core/formats/jpeg_files.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kPatience = 120'000;

QByteArray jpegOf(int width, int height) {
  const auto bytes =
      test::encodeJpeg(test::makeImage(width, height, 3, [](int x, int y, int c) { return (x * y + 40 * c) % 256; }));
  return {reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size())};
}

class DoctorWindow : public testing::Test {
 protected:
  void SetUp() override {
    theme().apply(ThemeKind::Light, 1.0);
    QSettings().clear();
    for (const char* name : {"a", "b"}) {
      for (int i = 0; i < 4; ++i) writeImage(QString("train/%1/%2.jpg").arg(name).arg(i), i);
    }
    write("train/a/cut.jpg", jpegOf(32, 32).left(200));
    write("train/b/empty.jpg", {});
    window_.resize(1440, 900);
    window_.show();
    session_.openProject(project_.path());
    ASSERT_TRUE(QTest::qWaitFor([this] { return session_.isProjectRead(); }, kPatience));
    session_.showWorkspace("data");
  }
  void write(const QString& name, const QByteArray& content) {
    const QString path = images_.filePath(name);
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
  }
  void writeImage(const QString& name, int size) { write(name, jpegOf(20 + size, 20)); }

  QTemporaryDir project_, images_;
  Session session_;
  MainWindow window_{session_};
};

TEST_F(DoctorWindow, ScansADroppedFolderNamesItsFaultsAndHandsItToConfigure) {
  auto* data = window_.findChild<DataPanel*>();
  auto* doctor = window_.findChild<DoctorCard*>();
  ASSERT_TRUE(data && doctor);
  data->openFolder(images_.path());
  ASSERT_TRUE(QTest::qWaitFor([&] { return doctor->report().has_value(); }, kPatience));
  const ScanReport& report = *doctor->report();
  EXPECT_EQ(report.images, 10);
  EXPECT_EQ(report.bad, 2);
  EXPECT_TRUE(scanWords(report).contains("1 cut, 1 empty")) << scanWords(report).toStdString();
  auto* faults = doctor->content()->findChild<FaultTable*>();
  EXPECT_EQ(faults->shownRows(), 2);

  const QString csv = project_.filePath("faults.csv");
  EXPECT_TRUE(doctor->exportFaults(csv));
  QFile file(csv);
  ASSERT_TRUE(file.open(QIODevice::ReadOnly));
  EXPECT_EQ(file.readAll().count("\r\n"), 3) << "a header and two faults";

  for (QAction* action : doctor->actions()) {
    if (action->text().contains("Configure")) action->trigger();
  }
  EXPECT_EQ(window_.workspace()->panel().id(), "configure");
}

TEST_F(DoctorWindow, ConfigureCountsTheImagesOfAFolderThatWasNotScannedHere) {
  session_.showWorkspace("configure");
  auto* panel = dynamic_cast<ConfigurePanel*>(&window_.workspace()->panel());
  ASSERT_NE(panel, nullptr);
  ConfigDocument& document = panel->document();
  document.setMany("a folder", {{"data.type", Json("image_folder")},
                                {"data.root", Json(images_.path().toStdString())},
                                {"train.batch", Json(2)}});
  EXPECT_FALSE(document.plan());
  ASSERT_TRUE(QTest::qWaitFor([&] { return document.plan().has_value(); }, kPatience));
  EXPECT_EQ(document.plan()->stepsPerEpoch, 5) << "ten files, the damaged ones included";
}

TEST_F(DoctorWindow, AFolderWithoutTrainIsAnAnswerNotAReport) {
  QTemporaryDir empty;
  auto* doctor = window_.findChild<DoctorCard*>();
  window_.findChild<DataPanel*>()->openFolder(empty.path());
  ASSERT_TRUE(QTest::qWaitFor([&] { return !doctor->isScanning(); }, kPatience));
  EXPECT_FALSE(doctor->report().has_value());
  bool isSaid = false;
  for (const QLabel* label : doctor->content()->findChildren<QLabel*>()) {
    isSaid = isSaid || label->text().contains("train is missing");
  }
  EXPECT_TRUE(isSaid);
}

}  // namespace
}  // namespace slab
