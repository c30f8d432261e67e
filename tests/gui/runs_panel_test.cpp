// The workspace Runs, offscreen.
#include <gtest/gtest.h>

#include <QLabel>
#include <QTemporaryDir>
#include <QTest>

#include "gui/sample_project.h"
#include "gui/shown_window.h"

namespace slab {
namespace {

constexpr int kPatience = 15'000;

class RunsPanelTest : public testing::Test {
 protected:
  void SetUp() override {
    window_ = test::showWindow(session_);
    window_->showWorkspace("runs");
  }

  [[nodiscard]] QString details() const {
    for (const QLabel* label : window_->findChildren<QLabel*>()) {
      if (label->accessibleName() == "Details of the run") return label->text();
    }
    return {};
  }
  /// The details of that run of the project, once they are shown.
  QString detailsOf(const QString& run) {
    session_.setCurrentRun(folder_.path() + "/runs/" + run);
    EXPECT_TRUE(QTest::qWaitFor([&] { return details().contains("/runs/" + run + "<"); }, kPatience));
    return details();
  }

  const QTemporaryDir folder_;
  Session session_;
  std::unique_ptr<MainWindow> window_;
};

TEST_F(RunsPanelTest, DetailsHaveTheKeysOfADetectorWhereOneIsTrained) {
  const test::SampleRun classifier{"classifier", "demo_minute"}, detector = test::sampleDetector(0);
  for (const auto& run : {classifier, detector}) test::writeSampleRun(folder_.path().toStdString(), run);
  session_.openProject(folder_.path());
  ASSERT_TRUE(QTest::qWaitFor([this] { return session_.isProjectRead() && session_.runs().size() == 2; }, kPatience));
  const QString ofClassifier = detailsOf("classifier");
  EXPECT_TRUE(ofClassifier.contains(">model.norm<"));
  EXPECT_FALSE(ofClassifier.contains(">detector.")) << ofClassifier.toStdString();
  const QString ofDetector = detailsOf(QString::fromStdString(detector.name));
  EXPECT_TRUE(ofDetector.contains(">detector.name<")) << ofDetector.toStdString();
  EXPECT_TRUE(ofDetector.contains(">model.norm<"));
}

}  // namespace
}  // namespace slab
