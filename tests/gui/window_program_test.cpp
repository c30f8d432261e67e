// The window with real workers: kills of either side, and what Models asks of `slab serve`.
#include <gtest/gtest.h>
#include <signal.h>

#include <QDropEvent>
#include <QMimeData>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>
#include <QUrl>

#include "app/gui/main_window.h"
#include "app/gui/panels/attention_pane.h"
#include "app/gui/panels/configure_panel.h"
#include "app/gui/panels/fold_card.h"
#include "app/gui/panels/import_card.h"
#include "app/gui/panels/recalibration_card.h"
#include "app/gui/run_actions.h"
#include "app/gui/workspace.h"
#include "core/store/run_reader.h"
#include "gui/tiny_training.h"
#include "widgets/curve_plot/curve_plot.h"
#include "widgets/model_tree/model_tree_view.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kPatience = 60'000;
constexpr long kEndless = 1'000'000, kInterval = 25;

class WindowProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    theme().apply(ThemeKind::Light, 1.0);
    QSettings().clear();
  }
  /// A failed test leaves no endless training behind. A killed worker would be started again; one that is asked ends.
  void TearDown() override {
    if (session_ == nullptr) return;
    for (const RunRow& row : session_->runs()) {
      if (row.pid > 0) ::kill(static_cast<pid_t>(row.pid), SIGTERM);
    }
  }
  /// A window on the project, as another start of the program.
  void openWindow() {
    session_ = std::make_unique<Session>();
    window_ = std::make_unique<MainWindow>(*session_);
    window_->resize(1440, 900);
    window_->show();
    session_->openProject(project_.path());
    ASSERT_TRUE(QTest::qWaitFor([this] { return session_->isProjectRead(); }, kPatience));
  }
  /// Starts a training from the window; its directory.
  QString start(long steps) {
    const QString run = session_->startRun("tiny", test::tinyTraining(project_.path().toStdString(), steps, kInterval));
    EXPECT_TRUE(QTest::qWaitFor([&] { return session_->run(run) != nullptr; }, kPatience));
    return run;
  }
  [[nodiscard]] qint64 liveStep(const QString& run) const {
    const RunStatus* live = session_->live(run);
    return live ? live->step : -1;
  }
  bool waitForLiveStep(const QString& run, qint64 step) {
    return QTest::qWaitFor([&] { return liveStep(run) >= step; }, kPatience);
  }
  bool waitForState(const QString& run, RunState state) {
    return QTest::qWaitFor([&] { return session_->run(run) && session_->run(run)->state == state; }, kPatience);
  }
  void stop(const QString& run) {
    session_->sendCommand(run, "stop");
    EXPECT_TRUE(waitForState(run, RunState::Stopped));
  }
  /// Points of the loss, in step order.
  [[nodiscard]] std::vector<std::int64_t> lossSteps(const QString& run) const {
    std::vector<std::int64_t> steps;
    const RunData* data = session_->data(run);
    const auto loss = data ? data->find("loss") : nullptr;
    if (loss) loss->forEach(-1, 1e18, CurveAxis::Step, [&](const CurveSample& s) { steps.push_back(s.step); });
    return steps;
  }
  template <typename Card>
  Card* card() {
    return window_->findChild<Card*>();
  }

  QTemporaryDir project_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<MainWindow> window_;
};

/// The words that the parent of a process was started with.
QList<QByteArray> commandOfParent(qint64 pid) {
  QFile status(QString("/proc/%1/stat").arg(pid));
  if (!status.open(QIODevice::ReadOnly)) return {};
  const QByteArray afterName = status.readAll().split(')').last();  // " S 4711 ..."
  QFile command("/proc/" + QString::fromLatin1(afterName.split(' ').value(2)) + "/cmdline");
  return command.open(QIODevice::ReadOnly) ? command.readAll().split('\0') : QList<QByteArray>();
}

// What the program says where there is no display; its exit code.
int withoutDisplay(const QStringList& arguments, QByteArray& out, QByteArray& err) {
  QProcess program;
  auto environment = QProcessEnvironment::systemEnvironment();
  for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}) environment.remove(name);
  program.setProcessEnvironment(environment);
  program.start(QStringLiteral(SLAB_BINARY_DIR "/bin/slab-workbench"), arguments);
  EXPECT_TRUE(program.waitForFinished(kPatience));
  out = program.readAllStandardOutput();
  err = program.readAllStandardError();
  return program.exitStatus() == QProcess::NormalExit ? program.exitCode() : -1;
}

TEST(WindowProgram, WithoutADisplayItHelpsAndSaysWhatIsMissing) {
  QByteArray out, err;
  EXPECT_EQ(withoutDisplay({"--help"}, out, err), 0);
  EXPECT_TRUE(out.contains("--screenshot")) << out.constData();
  EXPECT_EQ(withoutDisplay({}, out, err), 1);
  EXPECT_TRUE(err.startsWith("error: There is no display")) << err.constData();
}

TEST_F(WindowProgramTest, KillNineOfTheWindowLeavesTheTrainingRunningAndANewWindowReattaches) {
  QFile config(project_.filePath("tiny.json"));
  ASSERT_TRUE(config.open(QIODevice::WriteOnly));
  config.write(test::tinyTraining(project_.path().toStdString(), kEndless, kInterval));
  config.close();
  QProcess first;
  first.start(QStringLiteral(SLAB_BINARY_DIR "/bin/window_with_run"), {project_.path(), config.fileName()});
  ASSERT_TRUE(first.waitForStarted());
  openWindow();
  const QString run = project_.filePath("runs/tiny");
  ASSERT_TRUE(waitForLiveStep(run, 10)) << "a second window follows the same training";
  first.kill();  // SIGKILL
  first.waitForFinished();
  window_.reset();
  session_.reset();

  openWindow();
  ASSERT_TRUE(waitForLiveStep(run, 20));
  const qint64 before = liveStep(run);
  EXPECT_TRUE(waitForLiveStep(run, before + 20)) << "the training goes on";
  ASSERT_TRUE(QTest::qWaitFor([&] { return lossSteps(run).size() > static_cast<std::size_t>(before); }, kPatience));
  const auto steps = lossSteps(run);
  for (std::size_t i = 0; i < steps.size(); ++i) ASSERT_EQ(steps[i], static_cast<std::int64_t>(i));
  stop(run);
}

TEST_F(WindowProgramTest, KillNineOfTheWorkerStartsItAgainAndLosesAtMostOneCheckpointInterval) {
  openWindow();
  const QString run = start(kEndless);
  ASSERT_TRUE(waitForLiveStep(run, 3 * kInterval));
  ASSERT_TRUE(QTest::qWaitFor([&] { return !session_->run(run)->lastCheckpoint.isEmpty(); }, kPatience));
  const auto pid = static_cast<pid_t>(session_->run(run)->pid);
  ASSERT_GT(pid, 0);
  ::kill(pid, SIGKILL);
  const auto reached = lossSteps(run);
  ASSERT_TRUE(
      QTest::qWaitFor([&] { return session_->run(run)->pid > 0 && session_->run(run)->pid != pid; }, kPatience));
  ASSERT_TRUE(QTest::qWaitFor([&] { return liveStep(run) > reached.back() + 5; }, kPatience));
  const auto segments = RunReader(RunDirectory(run.toStdString())).segments();
  ASSERT_GE(segments.size(), 2U);
  EXPECT_GE(segments.back().fromStep + kInterval, reached.back()) << "more than one interval was lost";
  stop(run);
}

TEST_F(WindowProgramTest, ABranchStartsFromConfigureAndIsDrawnAfterItsParent) {
  openWindow();
  const QString parent = start(40);
  ASSERT_TRUE(waitForState(parent, RunState::Done));
  session_->configureBranch(parent, kInterval);
  EXPECT_EQ(window_->workspace()->panel().id().toStdString(), "configure");
  window_->workspace()->panel().contextActions().last()->trigger();
  const QString child = project_.filePath("runs/tiny-from-25");
  ASSERT_TRUE(waitForState(child, RunState::Done));
  EXPECT_EQ(session_->run(child)->parent.toStdString(), parent.toStdString());
  EXPECT_EQ(session_->run(child)->parentStep, kInterval);

  session_->setCurrentRun(child);
  session_->setRunShown(parent, false);
  window_->showWorkspace("train");
  const CurvePlot* loss = nullptr;
  for (const auto* plot : window_->findChildren<CurvePlot*>()) {
    if (plot->title() == "Loss") loss = plot;
  }
  ASSERT_NE(loss, nullptr);
  ASSERT_TRUE(QTest::qWaitFor([&] { return loss->curves().size() == 2; }, kPatience));
  EXPECT_EQ(loss->curves()[0].label.toStdString(), "tiny to step 25");
  EXPECT_EQ(loss->curves()[0].data->size(), kInterval) << "no point of the parent after the branch";
}

TEST_F(WindowProgramTest, TwoProcessesStartFromConfigureAndAgainFromABranch) {
  if (QThread::idealThreadCount() < 2) GTEST_SKIP() << "the field ends at the number of cores";
  openWindow();
  window_->showWorkspace("configure");
  auto* panel = dynamic_cast<ConfigurePanel*>(&window_->workspace()->panel());
  ASSERT_NE(panel, nullptr);
  panel->document().openText(QString::fromUtf8(test::tinyTraining(project_.path().toStdString(), kEndless, kInterval)),
                             "tiny", {});
  auto* processes = window_->findChild<ProcessCount*>()->findChild<QSpinBox*>();
  processes->setValue(2);
  panel->contextActions().last()->trigger();
  const QString run = project_.filePath("runs/slab_swin_t");
  ASSERT_TRUE(waitForLiveStep(run, kInterval)) << window_->noticeWords().toStdString();
  ASSERT_TRUE(QTest::qWaitFor([&] { return session_->run(run)->pid > 0; }, kPatience));
  const QList<QByteArray> command = commandOfParent(session_->run(run)->pid);
  EXPECT_EQ(command.mid(1, 5), QList<QByteArray>({"launch", "--nproc", "2", "--", "train"}));
  EXPECT_FALSE(command.contains("--restarts")) << "which is for one process";
  // The row may be of before the run wrote them: the live step comes another way.
  EXPECT_TRUE(QTest::qWaitFor([&] { return session_->run(run)->processes == 2; }, kPatience));
  EXPECT_TRUE(session_->run(run)->device.endsWith("2 processes")) << session_->run(run)->device.toStdString();
  stop(run);

  // The newest that is kept: of older ones two remain, whichever the run had come to.
  const qint64 step = session_->run(run)->lastCheckpoint.section('-', 1, 1).toLongLong();
  ASSERT_GE(step, kInterval);
  session_->configureBranch(run, step);
  EXPECT_EQ(processes->value(), 2);
  EXPECT_FALSE(processes->isEnabled());
  panel->contextActions().last()->trigger();
  const QString branch = project_.filePath("runs/slab_swin_t-from-" + QString::number(step));
  ASSERT_TRUE(waitForLiveStep(branch, step + 5)) << window_->noticeWords().toStdString();
  EXPECT_TRUE(QTest::qWaitFor([&] { return session_->run(branch)->processes == 2; }, kPatience));
  stop(branch);
}

TEST_F(WindowProgramTest, RecalibratesARunAndUndoesIt) {
  openWindow();
  const QString run = start(40);
  ASSERT_TRUE(waitForState(run, RunState::Done));
  session_->setCurrentRun(run);
  const QString before = session_->run(run)->lastCheckpoint;
  auto* statistics = card<RecalibrationCard>();
  ASSERT_NE(statistics, nullptr);
  QAction *recalibrate = statistics->actions().first(), *undo = statistics->actions().last();
  ASSERT_TRUE(QTest::qWaitFor([&] { return recalibrate->isEnabled(); }, kPatience));
  EXPECT_FALSE(undo->isEnabled());
  recalibrate->trigger();
  ASSERT_TRUE(QTest::qWaitFor([&] { return statistics->report().has_value(); }, kPatience));
  EXPECT_FALSE(statistics->report()->rows.empty());
  ASSERT_TRUE(QTest::qWaitFor([&] { return session_->run(run)->lastCheckpoint != before; }, kPatience));
  ASSERT_TRUE(QTest::qWaitFor([&] { return undo->isEnabled(); }, kPatience));
  undo->trigger();
  ASSERT_TRUE(QTest::qWaitFor([&] { return session_->run(run)->lastCheckpoint == before; }, kPatience));
  EXPECT_TRUE(QTest::qWaitFor([&] { return !statistics->report().has_value(); }, kPatience));
}

TEST_F(WindowProgramTest, AMeasurementPausesTheTrainingAndItsCancelLetsItGoOn) {
  openWindow();
  const QString run = start(kEndless);
  ASSERT_TRUE(waitForLiveStep(run, 10));
  window_->showWorkspace("latency");
  const QList<QAction*> actions = window_->workspace()->panel().contextActions();
  QAction *cancel = actions.at(actions.size() - 2), *measure = actions.last();
  ASSERT_TRUE(QTest::qWaitFor([&] { return measure->text().contains("Pause training"); }, kPatience));
  measure->trigger();
  ASSERT_TRUE(waitForState(run, RunState::Paused));
  EXPECT_TRUE(cancel->isVisible());
  cancel->trigger();
  ASSERT_TRUE(waitForState(run, RunState::Running));
  ASSERT_TRUE(QTest::qWaitFor([&] { return measure->isEnabled(); }, kPatience));
  EXPECT_TRUE(waitForLiveStep(run, liveStep(run) + 10)) << "the training goes on";
  stop(run);
}

TEST_F(WindowProgramTest, AttentionShowsTwoModelsSideBySide) {
  openWindow();
  const QString first = start(6);
  ASSERT_TRUE(waitForState(first, RunState::Done));
  const QString second = start(8);
  ASSERT_TRUE(waitForState(second, RunState::Done));
  QImage image(16, 16, QImage::Format_Grayscale8);
  image.fill(90);
  AttentionSubject subject;
  subject.image.path = project_.filePath("image.png").toStdString();
  ASSERT_TRUE(image.save(project_.filePath("image.png")));
  window_->showWorkspace("attention");
  const auto panes = window_->findChildren<AttentionPane*>();
  ASSERT_EQ(panes.size(), 2);
  panes[0]->show(subject);
  panes[0]->setRun(first);
  panes[1]->show(subject);
  panes[1]->setRun(second);
  const auto isDrawn = [](const AttentionPane* pane) {
    return pane->hasMap() && !pane->isBusy() && !pane->view()->image().isNull();
  };
  ASSERT_TRUE(QTest::qWaitFor([&] { return isDrawn(panes[0]) && isDrawn(panes[1]); }, kPatience));
  EXPECT_EQ(panes[0]->view()->map().query, panes[1]->view()->map().query);
}

TEST_F(WindowProgramTest, ModelsFoldsTimesAndSavesARun) {
  openWindow();
  const QString run = start(12);
  ASSERT_TRUE(waitForState(run, RunState::Done));
  window_->showWorkspace("models");
  auto* fold = card<FoldCard>();
  ASSERT_NE(fold, nullptr);
  ASSERT_TRUE(QTest::qWaitFor([&] { return fold->foldAction()->isEnabled(); }, kPatience));
  fold->foldAction()->trigger();
  ASSERT_TRUE(QTest::qWaitFor([&] { return fold->report().has_value(); }, kPatience));
  EXPECT_FALSE(fold->report()->rows.empty());
  for (const FoldRow& row : fold->report()->rows) EXPECT_TRUE(row.folded) << row.layer;
  const QString file = project_.filePath("folded.safetensors");
  fold->writeWeights(file);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !fold->isBusy(); }, kPatience));
  EXPECT_GT(QFileInfo(file).size(), 1000);

  for (QAction* action : window_->workspace()->panel().menuActions()) {
    if (action->shortcut() == QKeySequence("Ctrl+Shift+B")) action->trigger();
  }
  auto* tree = window_->workspace()->findChild<ModelTreeView*>();
  ASSERT_NE(tree, nullptr);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !tree->isColumnHidden(ModelTreeModel::SecondTime); }, kPatience));
  const QAbstractItemModel* model = tree->model();
  const QModelIndex stage = model->index(1, 0), block = model->index(0, 0, stage);
  EXPECT_EQ(block.data().toString().toStdString(), "blocks.0");
  for (const int column : {ModelTreeModel::Time, ModelTreeModel::SecondTime}) {
    EXPECT_GT(block.siblingAtColumn(column).data().toString().toDouble(), 0) << column;
  }
}

TEST_F(WindowProgramTest, ADroppedCheckpointIsReportedAndImportedAsAModelOfTheProject) {
  openWindow();
  const QString file = QStringLiteral(SLAB_TEST_DATA "/oracles/pth/training.pth");
  QMimeData mime;
  mime.setUrls({QUrl::fromLocalFile(file)});
  QDragEnterEvent enter(QPoint(100, 100), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(window_.get(), &enter);
  EXPECT_TRUE(enter.isAccepted());
  QDropEvent drop(QPointF(100, 100), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(window_.get(), &drop);
  EXPECT_EQ(window_->workspace()->panel().id().toStdString(), "models");
  auto* card = this->card<ImportCard>();
  ASSERT_TRUE(QTest::qWaitFor([&] { return card->report().has_value(); }, kPatience));
  EXPECT_TRUE(card->report()->complete);
  EXPECT_FALSE(card->report()->keys.empty());
  EXPECT_TRUE(session_->imports().empty()) << "nothing is written before the user says so";
  card->importFile();
  ASSERT_TRUE(QTest::qWaitFor([&] { return session_->imports().size() == 1; }, kPatience));
  EXPECT_EQ(session_->imports().front().name.toStdString(), "training");
  EXPECT_TRUE(modelChoice(*session_, session_->imports().front().weights).has_value());
}

TEST_F(WindowProgramTest, AFileThatIsNoCheckpointIsRefusedWithWords) {
  openWindow();
  const QString file = project_.filePath("notes.pth");
  QFile out(file);
  ASSERT_TRUE(out.open(QIODevice::WriteOnly));
  out.write("no checkpoint");
  out.close();
  session_->openCheckpoint(file);
  auto* card = this->card<ImportCard>();
  ASSERT_TRUE(QTest::qWaitFor([&] { return !card->isBusy(); }, kPatience));
  EXPECT_FALSE(card->report().has_value());
  bool isSaid = false;
  for (const QLabel* label : card->content()->findChildren<QLabel*>()) isSaid |= label->text().contains("notes.pth");
  EXPECT_TRUE(isSaid);
}

}  // namespace
}  // namespace slab
