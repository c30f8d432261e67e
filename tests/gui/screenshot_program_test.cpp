// `slab-workbench --screenshot` over a project that says something in each workspace.
#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QImageReader>
#include <QProcess>
#include <QTemporaryDir>
#include <set>

#include "core/formats/jpeg_files.h"
#include "gui/sample_project.h"

namespace slab {
namespace {

constexpr int kPatience = 120'000;

void writePictures(const QString& folder) {
  QDir().mkpath(folder + "/train/cat");
  for (int i = 0; i < 3; ++i) {
    const auto bytes =
        test::encodeJpeg(test::makeImage(24, 24, 3, [i](int x, int y, int c) { return (x * y + 40 * c + i) % 256; }));
    QFile file(folder + QString("/train/cat/%1.jpg").arg(i));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    // The last one is cut: the doctor has something to say.
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<qint64>(bytes.size()) / (i == 2 ? 3 : 1));
  }
}

/// Colours of a grid of points over the picture.
std::size_t coloursOf(const QImage& image) {
  std::set<QRgb> colours;
  for (int y = 0; y < image.height(); y += 7) {
    for (int x = 0; x < image.width(); x += 7) colours.insert(image.pixel(x, y));
  }
  return colours.size();
}

TEST(ScreenshotProgram, TakesAPictureOfEachWorkspaceInBothThemes) {
  const QTemporaryDir folder;
  const QString project = folder.filePath("project"), pictures = folder.filePath("pictures");
  test::writeSampleProject(project.toStdString(), 80);
  test::writeSampleQueue(project.toStdString());
  writePictures(folder.filePath("images"));
  QProcess program;
  const QStringList workspaces{"runs", "train", "cockpit", "data", "diagnose"};
  program.start(QStringLiteral(SLAB_BINARY_DIR "/bin/slab-workbench"),
                {"--project", project, "--run", "slab_T5pct-0006", "--images", folder.filePath("images"), "--workspace",
                 workspaces.join(','), "--scale", "100", "--screenshot", pictures});
  ASSERT_TRUE(program.waitForFinished(kPatience));
  const QByteArray words = program.readAllStandardError();
  ASSERT_EQ(program.exitStatus(), QProcess::NormalExit) << words.constData();
  ASSERT_EQ(program.exitCode(), 0) << words.constData();

  EXPECT_EQ(QDir(pictures).entryList({"*.png"}).size(), 10);
  for (const QString& workspace : workspaces) {
    QImage images[2];
    for (const int dark : {0, 1}) {
      const QString file = QString("%1/%2-%3-100.png").arg(pictures, workspace, dark ? "dark" : "light");
      SCOPED_TRACE(file.toStdString());
      QImageReader reader(file);
      ASSERT_EQ(reader.format(), "png");
      images[dark] = reader.read();
      EXPECT_EQ(images[dark].size(), QSize(1440, 900));
      EXPECT_GT(coloursOf(images[dark]), 8U);
    }
    EXPECT_GT(images[0].pixelColor(720, 890).lightness(), images[1].pixelColor(720, 890).lightness())
        << workspace.toStdString();
  }
  QFile summary(pictures + "/summary.txt");
  ASSERT_TRUE(summary.open(QIODevice::ReadOnly));
  EXPECT_TRUE(summary.readAll().contains("slab_T5pct-0006: failed"));
}

TEST(ScreenshotProgram, NamesAWorkspaceThatThereIsNot) {
  const QTemporaryDir folder;
  QProcess program;
  program.start(QStringLiteral(SLAB_BINARY_DIR "/bin/slab-workbench"),
                {"--project", folder.path(), "--workspace", "train,kitchen", "--screenshot", folder.path()});
  ASSERT_TRUE(program.waitForFinished(kPatience));
  EXPECT_EQ(program.exitCode(), 1);
  EXPECT_TRUE(program.readAllStandardError().contains("no workspace named kitchen"));
}

}  // namespace
}  // namespace slab
