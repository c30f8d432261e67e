// The window as a whole, offscreen, on a project written by the real store.
#include "app/gui/main_window.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QMenuBar>
#include <QProcess>
#include <QPushButton>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>
#include <QTimer>
#include <set>

#include "app/gui/card_dock.h"
#include "app/gui/context_bar.h"
#include "app/gui/dialogs/sweep_dialog.h"
#include "app/gui/panels/configure_panel.h"
#include "app/gui/panels/failure_card.h"
#include "app/gui/project_queue.h"
#include "app/gui/project_reader.h"
#include "app/gui/run_actions.h"
#include "app/gui/workspace.h"
#include "gui/sample_project.h"
#include "gui/shown_window.h"
#include "widgets/curve_plot/curve_plot.h"
#include "widgets/run_table/run_table.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kPatience = 15'000;

std::string path(const QTemporaryDir& folder) {
  return folder.path().toStdString();
}

/// What the window is named in a failure.
std::string nameOf(const QWidget* widget) {
  std::string name = widget->metaObject()->className();
  for (const QWidget* w = widget; w != nullptr; w = w->parentWidget()) {
    if (!w->objectName().isEmpty()) return name + " in " + w->objectName().toStdString();
  }
  return name;
}

class MainWindowTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    project_ = new QTemporaryDir;
    test::writeSampleProject(path(*project_), 600);
  }
  static void TearDownTestSuite() { delete project_; }

  void SetUp() override {
    window_ = test::showWindow(session_);
    session_.openProject(project_->path());
    ASSERT_TRUE(QTest::qWaitFor([this] { return session_.isProjectRead() && session_.runs().size() == 4; }, kPatience));
  }

  template <typename T>
  T* find(const QString& accessible_name) {
    for (T* widget : window_->findChildren<T*>()) {
      if (widget->accessibleName() == accessible_name) return widget;
    }
    return nullptr;
  }

  static QTemporaryDir* project_;
  Session session_;
  std::unique_ptr<MainWindow> window_;
};

QTemporaryDir* MainWindowTest::project_ = nullptr;

TEST_F(MainWindowTest, ShowsTheCurvesOfTheRunStore) {
  window_->showWorkspace("train");
  const RunRow* run = session_.currentRun();
  ASSERT_NE(run, nullptr);
  ASSERT_TRUE(
      QTest::qWaitFor([&] { return session_.data(run->path) && session_.data(run->path)->isComplete; }, kPatience));
  auto* loss = find<CurvePlot>("Loss");
  ASSERT_NE(loss, nullptr);
  ASSERT_TRUE(QTest::qWaitFor([&] { return loss->curves().size() == 3; }, kPatience)) << "the newest three are shown";
  for (const RunRow& row : session_.runs()) session_.setRunShown(row.path, true);
  ASSERT_TRUE(QTest::qWaitFor([&] { return loss->curves().size() == 4; }, kPatience));
  std::set<int> colours;
  for (const Curve& curve : loss->curves()) colours.insert(curve.series);
  EXPECT_EQ(colours.size(), 4U) << "one colour, one run";
  ASSERT_TRUE(QTest::qWaitFor([&] { return !loss->railMarks().empty(); }, kPatience));
  EXPECT_NE(loss->railMarks().front().words.indexOf("NaN at 330"), -1);
}

TEST_F(MainWindowTest, ADetectorsStepsAreNoEpochsUntilTheyAreKnown) {
  const QTemporaryDir folder;
  test::writeSampleRun(path(folder), test::sampleDetector(0));
  session_.openProject(folder.path());
  window_->showWorkspace("train");
  ASSERT_TRUE(QTest::qWaitFor([this] { return session_.currentRun() != nullptr; }, kPatience));
  const auto hasChip = [this](const QString& label) {
    const auto words = window_->findChild<ContextBar*>()->findChildren<QLabel*>();
    return std::any_of(words.begin(), words.end(),
                       [&](const QLabel* word) { return word->isVisible() && word->text() == label; });
  };
  ASSERT_TRUE(QTest::qWaitFor([&] { return hasChip("step"); }, kPatience));
  EXPECT_FALSE(hasChip("epoch"));
  test::writeSampleRun(path(folder), {"known", "demo_minute"});
  session_.setCurrentRun(folder.path() + "/runs/known");
  EXPECT_TRUE(QTest::qWaitFor([&] { return hasChip("epoch"); }, kPatience));
}

TEST_F(MainWindowTest, EveryActionHasWordsAndAWayByKeyboard) {
  for (const PaletteEntry& entry : window_->paletteEntries()) {
    EXPECT_FALSE(entry.text.isEmpty());
    EXPECT_FALSE(entry.kind.isEmpty()) << entry.text.toStdString();
  }
  std::set<QAction*> inMenus;
  for (const QMenu* menu : window_->findChildren<QMenu*>()) {
    for (QAction* action : menu->actions()) inMenus.insert(action);
  }
  for (QAction* action : session_.actions().all()) {
    EXPECT_TRUE(inMenus.count(action)) << action->text().toStdString();
    EXPECT_FALSE(action->shortcut().isEmpty()) << action->text().toStdString();
  }
  for (const Workspace* workspace : window_->workspaces()) {
    for (QAction* action : workspace->panel().contextActions()) {
      EXPECT_FALSE(action->text().isEmpty());
      EXPECT_TRUE(inMenus.count(action) || !action->shortcut().isEmpty()) << action->text().toStdString();
    }
  }
}

TEST_F(MainWindowTest, NoTwoActionsShareAShortcut) {
  std::map<QString, QString> taken;
  for (const PaletteEntry& entry : window_->paletteEntries()) {
    if (entry.keys.isEmpty()) continue;
    const auto [old, isNew] = taken.emplace(entry.keys, entry.text);
    EXPECT_TRUE(isNew) << entry.keys.toStdString() << ": " << old->second.toStdString() << " and "
                       << entry.text.toStdString();
  }
}

TEST_F(MainWindowTest, EveryFocusableWidgetHasAnAccessibleName) {
  for (int i = 0; i < static_cast<int>(window_->workspaces().size()); ++i) {
    window_->showWorkspace(i);
    QTest::qWait(50);
    for (const QWidget* widget : window_->findChildren<QWidget*>()) {
      const bool isPart = widget->objectName().startsWith("qt_");
      if (!widget->isVisible() || isPart || !(widget->focusPolicy() & Qt::TabFocus)) continue;
      const auto* button = qobject_cast<const QAbstractButton*>(widget);
      EXPECT_TRUE(!widget->accessibleName().isEmpty() || (button && !button->text().isEmpty())) << nameOf(widget);
    }
  }
}

TEST_F(MainWindowTest, NothingIsClippedAtTwoHundredPercent) {
  theme().apply(ThemeKind::Light, 2.0);
  window_->resize(2880, 1800);
  for (int i = 0; i < static_cast<int>(window_->workspaces().size()); ++i) {
    window_->showWorkspace(i);
    QTest::qWait(200);
    for (const QPushButton* button : window_->findChildren<QPushButton*>()) {
      if (!button->isVisible() || button->text().isEmpty()) continue;
      EXPECT_GE(button->width(), button->fontMetrics().horizontalAdvance(button->text()))
          << nameOf(button) << ": " << button->text().toStdString();
      EXPECT_GE(button->height(), button->fontMetrics().height()) << nameOf(button);
    }
    for (const QLabel* label : window_->findChildren<QLabel*>()) {
      if (!label->isVisible() || label->wordWrap() || label->text().isEmpty() || label->textFormat() == Qt::RichText)
        continue;
      EXPECT_GE(label->height(), label->fontMetrics().height() - 2)
          << nameOf(label) << ": " << label->text().toStdString();
    }
  }
}

TEST_F(MainWindowTest, RemembersAndResetsALayout) {
  window_->showWorkspace("train");
  Workspace* train = window_->workspace();
  CardDock* card = train->docks().first();
  const auto areaBefore = train->dockWidgetArea(card);
  emit card->moveWanted(Qt::BottomDockWidgetArea);
  EXPECT_EQ(train->dockWidgetArea(card), Qt::BottomDockWidgetArea);
  train->saveLayout();
  train->resetLayout();
  EXPECT_EQ(train->dockWidgetArea(card), areaBefore);
  EXPECT_TRUE(train->restoreLayout());
  EXPECT_EQ(train->dockWidgetArea(card), Qt::BottomDockWidgetArea);
}

TEST_F(MainWindowTest, PaletteFindsActionsRunsAndLayers) {
  CommandPalette palette(window_->paletteEntries(), window_.get());
  const std::pair<const char*, const char*> cases[] = {{"theme dark", "Dark"},
                                                       {"T5pct", "slab_T5pct-0006"},
                                                       {"reset lay", "Reset this layout"},
                                                       {"layers.0.blocks.0", "layers.0.blocks.0"}};
  for (const auto& [query, wanted] : cases) {
    palette.setQuery(query);
    ASSERT_FALSE(palette.shownTexts().isEmpty()) << query;
    EXPECT_TRUE(palette.shownTexts().mid(0, 3).contains(wanted))
        << query << ": " << palette.shownTexts().join(", ").toStdString();
  }
}

TEST_F(MainWindowTest, RenamesOnDiskAndUndoes) {
  const QString before = session_.currentRun()->path;
  session_.renameRun(before, "better-name");
  ASSERT_TRUE(
      QTest::qWaitFor([&] { return session_.run(project_->path() + "/runs/better-name") != nullptr; }, kPatience));
  ASSERT_TRUE(QTest::qWaitFor([&] { return session_.currentRun() && session_.currentRun()->name == "better-name"; },
                              kPatience));
  session_.undoStack().undo();
  EXPECT_TRUE(QTest::qWaitFor([&] { return session_.run(before) != nullptr; }, kPatience));
}

TEST_F(MainWindowTest, TrashCanBePutBackFromTheNotice) {
  const QString path = session_.runs().back().path;
  session_.trashRun(path);
  ASSERT_TRUE(QTest::qWaitFor([&] { return session_.run(path) == nullptr; }, kPatience));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window_->noticeWords().contains("in the trash"); }, kPatience));
  QPushButton* mend = find<QPushButton>("Put it back");
  ASSERT_NE(mend, nullptr);
  mend->click();
  EXPECT_TRUE(QTest::qWaitFor([&] { return session_.run(path) != nullptr; }, kPatience));
}

TEST_F(MainWindowTest, AKilledWorkerIsSaidWithinSecondsAndResumeOffered) {
  const QTemporaryDir folder;
  session_.openProject(folder.path());
  ASSERT_TRUE(QTest::qWaitFor([this] { return session_.isProjectRead(); }, kPatience));
  QProcess worker;
  worker.start(QStringLiteral(SLAB_BINARY_DIR "/bin/sample_project"), {folder.path(), "--hold", "victim"});
  const QString run = folder.path() + "/runs/victim";
  ASSERT_TRUE(
      QTest::qWaitFor([&] { return session_.run(run) && session_.run(run)->state == RunState::Running; }, kPatience));
  worker.kill();  // SIGKILL
  worker.waitForFinished();
  ASSERT_TRUE(QTest::qWaitFor([&] { return session_.run(run)->state == RunState::Lost; }, 10'000));
  EXPECT_TRUE(window_->noticeWords().contains("is gone at step 100")) << window_->noticeWords().toStdString();
  QPushButton* mend = find<QPushButton>("Resume");
  ASSERT_NE(mend, nullptr);
  EXPECT_TRUE(mend->isVisible());
}

TEST_F(MainWindowTest, AFailedRunNamesItsLayerAndOffersTheWaysBack) {
  const QString run = project_->path() + "/runs/slab_T5pct-0006";
  session_.setCurrentRun(run);
  window_->showWorkspace("diagnose");
  ASSERT_TRUE(QTest::qWaitFor([&] { return session_.data(run) && session_.data(run)->isComplete; }, kPatience));
  auto* card = window_->findChild<FailureCard*>();
  ASSERT_NE(card, nullptr);
  EXPECT_TRUE(card->view()->headline().contains("layers.1.blocks.0.mlp.fc1, channel 41"))
      << card->view()->headline().toStdString();
  EXPECT_EQ(card->view()->samples()->count(), 64);
  // Its transition of 5 % is over at half of the run, where the checkpoint is; one of 10 % would be as well.
  for (QAction* action : card->actions()) {
    const bool isLonger = action->text().contains("longer");
    EXPECT_EQ(action->isEnabled(), !isLonger) << action->text().toStdString();
    if (isLonger) EXPECT_TRUE(action->toolTip().contains("before the last good checkpoint"));
  }
  session_.setCurrentRun(project_->path() + "/runs/swin_tiny28-ln-0004");
  for (QAction* action : card->actions()) EXPECT_FALSE(action->isEnabled()) << action->text().toStdString();
}

TEST_F(MainWindowTest, AConfiguredBranchIsQueuedAndSweptAsABranch) {
  const QTemporaryDir folder;
  test::writeSampleRun(path(folder), {"parent"});
  session_.openProject(folder.path());
  const QString parent = folder.path() + "/runs/parent";
  ASSERT_TRUE(QTest::qWaitFor([&] { return session_.run(parent) != nullptr; }, kPatience));
  session_.configureBranch(parent, 187);
  const QList<QAction*> actions = window_->workspace()->panel().contextActions();
  actions.at(0)->trigger();  // copy as command
  EXPECT_EQ(QGuiApplication::clipboard()->text(),
            "slab train --from " + parent + "@187 --run " + folder.path() + "/runs/parent-from-187");
  actions.at(2)->trigger();  // add to the queue
  QTimer::singleShot(0, [] {
    auto* dialog = qobject_cast<SweepDialog*>(QApplication::activeModalWidget());
    ASSERT_NE(dialog, nullptr);
    dialog->addKey("optim.lr", "1e-3, 2e-3");
    dialog->accept();
  });
  actions.at(1)->trigger();  // sweep
  ASSERT_TRUE(QTest::qWaitFor([&] { return session_.queue().jobs().size() == 3; }, kPatience));
  for (const QueueJob& job : session_.queue().jobs()) {
    EXPECT_EQ(job.from, parent.toStdString() + "@187") << job.name;
    EXPECT_EQ(job.name.substr(0, 15), "parent-from-187");
  }
}

TEST_F(MainWindowTest, ProcessesAreRememberedQueuedAndThoseOfTheParentInABranch) {
  const QTemporaryDir folder;
  test::SampleRun sample{"parent"};
  sample.processes = 3;
  test::writeSampleRun(path(folder), sample);
  session_.openProject(folder.path());
  const QString parent = folder.path() + "/runs/parent";
  ASSERT_TRUE(QTest::qWaitFor([&] { return session_.run(parent) != nullptr; }, kPatience));
  EXPECT_EQ(session_.run(parent)->processes, 3);
  window_->showWorkspace("configure");
  auto* panel = dynamic_cast<ConfigurePanel*>(&window_->workspace()->panel());
  auto* box = find<QSpinBox>("Processes");
  ASSERT_NE(box, nullptr);
  EXPECT_EQ(box->value(), 1);
  EXPECT_EQ(box->maximum(), QThread::idealThreadCount());
  box->setMaximum(4);  // whatever this machine has
  box->setValue(2);
  panel->contextActions().at(0)->trigger();  // copy as command
  EXPECT_TRUE(QGuiApplication::clipboard()->text().startsWith("slab launch --nproc 2 -- train "));
  panel->contextActions().at(2)->trigger();  // add to the queue
  ASSERT_TRUE(QTest::qWaitFor([&] { return session_.queue().jobs().size() == 1; }, kPatience));
  EXPECT_EQ(session_.queue().jobs().front().processes, 2);

  session_.configureBranch(parent, 187);
  EXPECT_EQ(box->value(), 3);
  EXPECT_FALSE(box->isEnabled());
  EXPECT_EQ(panel->document().processes(), 3);
  EXPECT_EQ(ProcessCount().count(), std::min(2, QThread::idealThreadCount())) << "the choice, at the next start";
  panel->menuActions().at(5)->trigger();  // start from scratch instead
  EXPECT_TRUE(box->isEnabled());
  EXPECT_EQ(panel->document().processes(), box->value());
}

TEST_F(MainWindowTest, ARunsConfigurationHoldsWhatWasSetBesideItsText) {
  const QTemporaryDir folder;
  test::writeSampleRun(path(folder), {"run"});  // with keys beside the preset
  const QString run = folder.path() + "/runs/run";
  QFile given(run + "/config.given.json");
  ASSERT_TRUE(given.open(QIODevice::WriteOnly));
  given.write(QByteArray::fromStdString(findPreset("demo_minute")->text));
  given.close();
  session_.openProject(folder.path());
  ASSERT_TRUE(QTest::qWaitFor([&] { return session_.run(run) != nullptr; }, kPatience));
  session_.setCurrentRun(run);
  window_->showWorkspace("configure");
  auto* panel = dynamic_cast<ConfigurePanel*>(&window_->workspace()->panel());
  ASSERT_NE(panel, nullptr);
  panel->menuActions().at(4)->trigger();  // configuration of this run
  EXPECT_EQ(panel->document().config().train.steps, 375);
  panel->contextActions().at(0)->trigger();  // copy as command
  EXPECT_EQ(QGuiApplication::clipboard()->text(),
            "slab train --config " + run + "/config.json --run " + folder.path() + "/runs/slab_swin_t");
}

TEST_F(MainWindowTest, AChosenFolderStaysWhenAPresetOfItsTypeIsOpened) {
  window_->showWorkspace("configure");
  auto* panel = dynamic_cast<ConfigurePanel*>(&window_->workspace()->panel());
  ASSERT_NE(panel, nullptr);
  panel->useImageFolder("/pictures", 7, 5000);
  panel->openPreset("imagenet_slab_swin_t");
  const RunConfig& config = panel->document().config();
  EXPECT_EQ(config.model.embedDim, 96);
  EXPECT_EQ(config.data.root, "/pictures");
  EXPECT_EQ(config.model.classes, 7);
  EXPECT_EQ(panel->document().images(), 5000);
  EXPECT_EQ(panel->document().changes().size(), 2U) << "both count as changes of the preset";
  panel->openPreset("demo");
  EXPECT_EQ(config.data.type, DataType::FashionMnist);
  EXPECT_EQ(config.data.root, "") << "data of another type go";
  EXPECT_EQ(config.model.classes, 10);
  session_.undoStack().undo();
  EXPECT_EQ(config.data.root, "/pictures");
}

TEST_F(MainWindowTest, AnEmptyProjectInvites) {
  const QTemporaryDir empty;
  session_.openProject(empty.path());
  window_->showWorkspace("runs");
  ASSERT_TRUE(QTest::qWaitFor([this] { return session_.isProjectRead(); }, kPatience));
  QPushButton* demo = nullptr;
  for (QPushButton* button : window_->workspace()->findChildren<QPushButton*>()) {
    if (button->isVisible() && button->text() == "Train the demo") demo = button;
  }
  ASSERT_NE(demo, nullptr);
  EXPECT_TRUE(demo->isEnabled());
}

TEST_F(MainWindowTest, AnEmptyProjectOffersADetectorWhereOneWouldLook) {
  const QTemporaryDir empty;
  session_.openProject(empty.path());
  ASSERT_TRUE(QTest::qWaitFor([this] { return session_.isProjectRead() && session_.runs().empty(); }, kPatience));
  for (const char* workspace : {"runs", "train", "detection"}) {
    window_->showWorkspace(workspace);
    QTest::qWait(50);
    const auto buttons = window_->workspace()->findChildren<QPushButton*>();
    EXPECT_TRUE(std::any_of(buttons.begin(), buttons.end(), [](const QPushButton* button) {
      return button->isVisible() && button->isEnabled() && button->text() == "Train a detector";
    })) << workspace;
  }
}

TEST_F(MainWindowTest, ActionsFollowTheStateOfTheRun) {
  for (const RunRow& row : session_.runs()) {
    session_.setCurrentRun(row.path);
    EXPECT_FALSE(session_.actions().pause->isEnabled()) << row.name.toStdString();
    EXPECT_EQ(session_.actions().resume->isEnabled(), row.state != RunState::Done) << row.name.toStdString();
  }
}

TEST(FuzzyScore, PrefersWordBeginningsAndRefusesMissingLetters) {
  EXPECT_LT(fuzzyScore("xyz", "Pause training"), 0);
  EXPECT_GT(fuzzyScore("pt", "Pause training"), fuzzyScore("pt", "Capture it"));
  EXPECT_GT(fuzzyScore("dark", "Dark"), fuzzyScore("dark", "Do a rank"));
}

TEST(FlattenConfig, NamesKeysAsTheCommandLineDoes) {
  const auto keys =
      flattenConfig(R"({"model":{"norm":"prep_bn","depths":[2,2,6,2]},"device":"auto","train":{"log_norms":false}})");
  EXPECT_EQ(keys.value("model.norm"), "prep_bn");
  EXPECT_EQ(keys.value("model.depths"), "2 2 6 2");
  EXPECT_EQ(keys.value("train.log_norms"), "false");
}

}  // namespace
}  // namespace slab
