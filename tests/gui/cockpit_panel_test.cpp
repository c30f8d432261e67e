// The cockpit and the schedule of Configure, offscreen, on a project written by the real store.
#include "app/gui/panels/cockpit_panel.h"

#include <gtest/gtest.h>

#include <QTemporaryDir>
#include <QTest>
#include <algorithm>

#include "app/gui/main_window.h"
#include "app/gui/workspace.h"
#include "gui/sample_project.h"
#include "gui/shown_window.h"
#include "widgets/config_form/config_summary.h"
#include "widgets/schedule_editor/schedule_editor.h"

namespace slab {
namespace {

constexpr int kPatience = 15'000;

class CockpitTest : public testing::Test {
 protected:
  void SetUp() override {
    test::writeSampleProject(project_.path().toStdString(), 400);
    window_ = test::showWindow(session_);
    session_.openProject(project_.path());
    ASSERT_TRUE(QTest::qWaitFor([this] { return session_.isProjectRead() && session_.runs().size() == 4; }, kPatience));
    window_->showWorkspace("cockpit");
  }

  /// Puts the run whose name holds `part` in front and waits for its data.
  void choose(const QString& part) {
    for (const RunRow& row : session_.runs()) {
      if (row.name.contains(part)) session_.setCurrentRun(row.path);
    }
    ASSERT_TRUE(QTest::qWaitFor(
        [this] {
          const RunRow* row = session_.currentRun();
          const RunData* data = row ? session_.data(row->path) : nullptr;
          return data != nullptr && data->isComplete;
        },
        kPatience));
  }
  template <typename T>
  T* card() {
    return window_->workspace()->findChild<T*>();
  }

  QTemporaryDir project_;
  Session session_;
  std::unique_ptr<MainWindow> window_;
};

TEST_F(CockpitTest, ShowsLambdaAsPlannedAndAsItWas) {
  choose("slab_swin_tiny28");
  const auto plots = window_->workspace()->findChildren<CurvePlot*>();
  const auto schedule = std::find_if(plots.begin(), plots.end(),
                                     [](const CurvePlot* plot) { return plot->title() == "Lambda and learning rate"; });
  ASSERT_NE(schedule, plots.end());
  ASSERT_EQ((*schedule)->curves().size(), 2U);
  const Plan& plan = session_.currentRun()->plan;
  const auto actual = (*schedule)->curves().front().data->nearest(100);
  ASSERT_TRUE(actual.has_value());
  EXPECT_DOUBLE_EQ(actual->value, plan.lambda.at(100));
}

TEST_F(CockpitTest, ShowsTheThreeFormsAndTheirGapWithWords) {
  choose("slab_swin_tiny28");
  auto* scores = card<BranchScores>();
  ASSERT_NE(scores, nullptr);
  ASSERT_TRUE(QTest::qWaitFor([&] { return scores->scores().curves().size() == 3; }, kPatience));
  ASSERT_EQ(scores->gap().curves().size(), 1U);
  const RunData* data = session_.data(session_.currentRun()->path);
  const auto gap = scores->gap().curves().front().data->nearest(80);
  ASSERT_TRUE(gap.has_value());
  EXPECT_NEAR(gap->value, data->find("top1")->nearest(80)->value - data->find("top1_mixture")->nearest(80)->value,
              1e-12);
  EXPECT_TRUE(scores->words().contains("Lambda has reached 0")) << scores->words().toStdString();
}

TEST_F(CockpitTest, TheMapHasARowALayerInTheOrderOfTheModel) {
  choose("slab_swin_tiny28");
  auto* map = card<HeatMap>();
  ASSERT_TRUE(QTest::qWaitFor([&] { return map->rows().size() == 5; }, kPatience));
  EXPECT_EQ(map->rows().front().name.toStdString(), "patch_embed.norm");
  EXPECT_EQ(map->rows().back().name.toStdString(), "norm");
  EXPECT_EQ(map->rows().back().note.toStdString(), "alpha 1.59");
}

TEST_F(CockpitTest, AChosenLayerShowsItsCurves) {
  choose("slab_swin_tiny28");
  auto* map = card<HeatMap>();
  auto* curves = card<LayerCurves>();
  ASSERT_TRUE(QTest::qWaitFor([&] { return map->rows().size() == 5; }, kPatience));
  QTest::mouseClick(map, Qt::LeftButton, {}, map->rowRect(2).center().toPoint());
  ASSERT_EQ(curves->branches().curves().size(), 2U);
  EXPECT_TRUE(curves->branches().curves().front().id.endsWith("#norm/layers.0.blocks.0.norm2/repbn_share"));
  EXPECT_EQ(curves->statistics().curves().size(), 4U);
}

TEST_F(CockpitTest, AnAlarmIsListedAndLeadsToItsLayer) {
  choose("T5pct");
  auto* alarms = card<AlarmList>();
  auto* map = card<HeatMap>();
  ASSERT_TRUE(QTest::qWaitFor([&] { return map->rows().size() == 5; }, kPatience));
  EXPECT_TRUE(alarms->text().contains("layers.1.blocks.0.norm1"));
  EXPECT_TRUE(map->rows()[3].isAlarmed);
  EXPECT_EQ(map->currentRow(), 0);
  emit alarms->placeChosen("layers.1.blocks.0.norm1");
  EXPECT_EQ(map->currentRow(), 3);
}

TEST_F(CockpitTest, ARunWithoutPRepBnSaysWhyThereIsNothing) {
  choose("-ln-");
  auto* map = card<HeatMap>();
  ASSERT_TRUE(QTest::qWaitFor([&] { return map->rows().empty(); }, kPatience));
  EXPECT_TRUE(map->accessibleDescription().contains("LayerNorm")) << map->accessibleDescription().toStdString();
  EXPECT_TRUE(card<BranchScores>()->words().contains("one form"));
}

TEST_F(CockpitTest, ADetectorHasItsMaskApInOneForm) {
  test::writeSampleRun(project_.path().toStdString(), test::sampleDetector(8));
  ASSERT_TRUE(QTest::qWaitFor([this] { return session_.runs().size() == 5; }, kPatience));
  choose("mask_rcnn");
  auto* scores = card<BranchScores>();
  ASSERT_TRUE(QTest::qWaitFor([&] { return scores->scores().curves().size() == 1; }, kPatience));
  EXPECT_EQ(scores->scores().curves().front().label.toStdString(), "RepBN alone, mask AP");
  EXPECT_TRUE(scores->words().contains("one form")) << scores->words().toStdString();
}

TEST_F(CockpitTest, AnEmptyProjectInvites) {
  const QTemporaryDir empty;
  session_.openProject(empty.path());
  ASSERT_TRUE(QTest::qWaitFor([this] { return session_.isProjectRead() && session_.runs().empty(); }, kPatience));
  auto* map = card<HeatMap>();
  ASSERT_TRUE(QTest::qWaitFor([&] { return map->accessibleDescription().contains("No run yet"); }, kPatience));
}

TEST(GapWords, SayWhatIsUsualAndWhatIsGood) {
  EXPECT_TRUE(gapWords({100, 0.6, 30, 60, 70}, "80 %").contains("30.0 points behind"));
  EXPECT_TRUE(gapWords({100, 0.6, 59, 60, 70}, "80 %").contains("keeps up"));
  EXPECT_TRUE(gapWords({100, 0, 60, 60, 10}, "80 %").contains("reached 0"));
}

/// A lambda that ends at 5 % of the run is warned of where it is chosen, before anything starts; the start stays
/// possible. One that ends after the run is refused.
TEST_F(CockpitTest, ATransitionTooShortIsWarnedOfBeforeLaunch) {
  window_->showWorkspace("configure");
  auto* editor = card<ScheduleEditor>();
  auto* summary = card<ConfigSummary>();
  const QAction* start = window_->workspace()->panel().contextActions().last();
  emit editor->lambdaEndMoved(80);
  EXPECT_TRUE(editor->problemsText().isEmpty()) << editor->problemsText().toStdString();
  emit editor->lambdaEndMoved(5);
  EXPECT_TRUE(editor->problemsText().contains("diverge")) << editor->problemsText().toStdString();
  EXPECT_TRUE(summary->problemsText().contains("diverge"));
  EXPECT_TRUE(start->isEnabled());
  session_.undoStack().undo();
  EXPECT_FALSE(editor->problemsText().contains("diverge")) << "moves of one drag are one step of undo";
  emit editor->mendWanted({"", "prepbn.lambda_end", "1000000", ""});
  EXPECT_TRUE(editor->problemsText().contains("after the run ends")) << editor->problemsText().toStdString();
  EXPECT_FALSE(start->isEnabled());
}

}  // namespace
}  // namespace slab
