#include "app/gui/run_actions.h"

#include <QApplication>
#include <QDesktopServices>
#include <QUrl>

#include "app/gui/dialogs/checkpoint_dialog.h"
#include "app/gui/session.h"

namespace slab {

RunActions::RunActions(Session& session) : session_(session), scenes_(session), found_(session) {
  newRun = add(tr("&New run..."), tr("New run"), QKeySequence::New, tr("Configure and start a training"));
  demo = add(tr("&Train the demo, one minute"), tr("Train the demo"), QKeySequence("Ctrl+Shift+D"),
             tr("A small SLAB-Swin on Fashion-MNIST; lambda falls from 1 to 0 within a minute on two cores"));
  addDetectorDemo();
  pause = add(tr("&Pause"), tr("Pause"), QKeySequence("Ctrl+Shift+P"), tr("Keep the worker, stop stepping"));
  checkpoint =
      add(tr("Write a &checkpoint now"), tr("Checkpoint"), QKeySequence("Ctrl+Shift+K"), tr("After the current step"));
  stop = add(tr("&Stop"), tr("Stop"), QKeySequence("Ctrl+Shift+X"),
             tr("Write a checkpoint and end the worker; Resume continues"));
  resume = add(tr("&Resume from the last checkpoint"), tr("Resume"), QKeySequence("Ctrl+Shift+U"),
               tr("Start a worker that continues the run"));
  branch = add(tr("&Branch from a checkpoint..."), tr("Branch"), QKeySequence("Ctrl+Shift+J"),
               tr("A new run that goes on from a checkpoint with another configuration"));
  rewind = add(tr("Re&wind to a checkpoint..."), tr("Rewind"), QKeySequence("Ctrl+Alt+B"),
               tr("Go on in this run from an older checkpoint; what came after it stays, drawn faint"));
  diagnose = add(tr("What went wron&g"), tr("Diagnose"), QKeySequence("Ctrl+Shift+G"),
                 tr("Why the run failed, and its statistics"));
  addDetections();
  rename = add(tr("Re&name..."), tr("Rename"), QKeySequence("F2"), tr("Give the run another name"));
  trash = add(tr("Move to t&rash"), tr("Trash"), QKeySequence("Ctrl+Del"), tr("Can be put back"));
  star = add(tr("S&tar"), tr("Star"), QKeySequence("Ctrl+B"), tr("Mark the run"));
  openFolder = add(tr("Open run &folder"), tr("Folder"), QKeySequence("Ctrl+Shift+F"), tr("In the file manager"));
  star->setCheckable(true);
  const auto current = [this] { return session_.currentRun() ? session_.currentRun()->path : QString(); };
  connect(newRun, &QAction::triggered, this, [this] { session_.showWorkspace("configure"); });
  connect(demo, &QAction::triggered, this, [this] {
    if (!session_.startPreset("demo_minute").isEmpty()) session_.showWorkspace("train");
  });
  connect(pause, &QAction::triggered, this, [this, current] {
    const bool isPaused = session_.currentRun() && session_.currentRun()->state == RunState::Paused;
    const RunStatus* live = session_.live(current());
    session_.sendCommand(current(), isPaused || (live && live->state == "paused") ? "resume" : "pause");
  });
  connect(checkpoint, &QAction::triggered, this, [this, current] { session_.sendCommand(current(), "checkpoint"); });
  connect(stop, &QAction::triggered, this, [this, current] { session_.sendCommand(current(), "stop"); });
  connect(resume, &QAction::triggered, this, [this, current] { session_.resumeRun(current()); });
  connect(branch, &QAction::triggered, this, &RunActions::askForBranch);
  connect(rewind, &QAction::triggered, this, &RunActions::askForRewind);
  connect(diagnose, &QAction::triggered, this, [this] { session_.showWorkspace("diagnose"); });
  connect(rename, &QAction::triggered, this, &RunActions::renameWanted);
  connect(trash, &QAction::triggered, this, [this, current] { session_.trashRun(current()); });
  connect(star, &QAction::triggered, this, [this](bool on) {
    if (const RunRow* row = session_.currentRun()) session_.setRunNotes(row->path, row->notes, on);
  });
  connect(openFolder, &QAction::triggered, this,
          [current] { QDesktopServices::openUrl(QUrl::fromLocalFile(current())); });
  connect(&session, &Session::runsChanged, this, &RunActions::update);
  connect(&session, &Session::currentRunChanged, this, &RunActions::update);
  connect(&session, &Session::liveChanged, this, &RunActions::update);
  update();
}

QAction* RunActions::add(const QString& text, const QString& short_text, const QKeySequence& keys, const QString& tip) {
  auto* action = new QAction(text, this);
  action->setIconText(short_text);
  action->setShortcut(keys);
  action->setStatusTip(tip);
  return action;
}

void RunActions::addDetectorDemo() {
  const QString words = tr("Train a detector");
  detectorDemo = add(tr("Train a small &detector on scenes"), words, QKeySequence("Ctrl+Shift+M"),
                     tr("A small SLAB-Swin Mask R-CNN on scenes made of Fashion-MNIST; minutes on two cores"));
  connect(detectorDemo, &QAction::triggered, &scenes_, [this] {
    scenes_.start();
    detectorDemo->setEnabled(!scenes_.isBusy());
  });
  connect(&scenes_, &SceneDemo::progressed, this, [this](qint64 done, qint64 total) {
    detectorDemo->setIconText(tr("Making scenes, %1 %").arg(100 * done / total));
  });
  connect(&scenes_, &SceneDemo::ended, this, [this, words] {
    detectorDemo->setIconText(words);
    detectorDemo->setEnabled(true);
  });
}

void RunActions::addDetections() {
  const QString words = tr("Find objects");
  detections = add(tr("De&tections of this checkpoint"), words, QKeySequence("Ctrl+Alt+V"),
                   tr("What the run's newest checkpoint finds in its validation set, in Detection"));
  connect(detections, &QAction::triggered, &found_, [this] {
    if (const RunRow* row = session_.currentRun()) found_.show(*row);
    update();
  });
  connect(&found_, &CheckpointDetections::progressed, this, [this](qint64 done, qint64 total) {
    if (total > 0) detections->setIconText(tr("Finding, %1 %").arg(100 * done / total));
  });
  connect(&found_, &CheckpointDetections::ended, this, [this, words] {
    detections->setIconText(words);
    update();
  });
}

QList<QAction*> RunActions::all() const {
  return {newRun, demo,     detectorDemo, pause,  checkpoint, stop,  resume,    branch,
          rewind, diagnose, detections,   rename, star,       trash, openFolder};
}

void RunActions::askForBranch() {
  const RunRow* row = session_.currentRun();
  const RunData* data = row ? session_.data(row->path) : nullptr;
  if (data == nullptr) return;
  const auto step = askForCheckpoint(QApplication::activeWindow(), *row, data->checkpoints,
                                     tr("Branch from a checkpoint of %1").arg(row->name),
                                     tr("A new run starts with the weights, optimizer and step of this checkpoint. "
                                        "Its configuration opens next, to be changed."),
                                     tr("Configure the branch"));
  if (step) session_.configureBranch(row->path, *step);
}

void RunActions::askForRewind() {
  const RunRow* row = session_.currentRun();
  const RunData* data = row ? session_.data(row->path) : nullptr;
  if (data == nullptr) return;
  const auto step =
      askForCheckpoint(QApplication::activeWindow(), *row, data->checkpoints, tr("Rewind %1").arg(row->name),
                       tr("Training goes on in this run from this checkpoint, with the same "
                          "configuration. Points after it stay and are drawn faint."),
                       tr("Rewind"));
  if (step) session_.rewindRun(row->path, *step);
}

void RunActions::update() {
  const RunRow* row = session_.currentRun();
  const RunStatus* live = row ? session_.live(row->path) : nullptr;
  const RunState state = live  ? runStateFromString(live->state).value_or(RunState::Running)
                         : row ? row->state
                               : RunState::Created;
  const bool isActive = row != nullptr && (live != nullptr || row->isActive()) && slab::isActive(state);
  const bool isPaused = state == RunState::Paused;
  pause->setText(isPaused ? tr("&Continue") : tr("&Pause"));
  pause->setIconText(isPaused ? tr("Continue") : tr("Pause"));
  pause->setEnabled(isActive);
  checkpoint->setEnabled(isActive);
  stop->setEnabled(isActive);
  const bool isOver = row != nullptr && !isActive && row->state != RunState::Done && row->state != RunState::Created;
  resume->setEnabled(isOver);
  branch->setEnabled(row != nullptr && !row->lastCheckpoint.isEmpty());
  rewind->setEnabled(row != nullptr && !isActive && !row->lastCheckpoint.isEmpty());
  diagnose->setEnabled(row != nullptr);
  detections->setVisible(row != nullptr && row->isDetector());
  detections->setEnabled(detections->isVisible() && !row->lastCheckpoint.isEmpty() && !found_.isBusy());
  rename->setEnabled(row != nullptr && !isActive);
  trash->setEnabled(row != nullptr && !isActive);
  star->setEnabled(row != nullptr);
  star->setChecked(row != nullptr && row->starred);
  openFolder->setEnabled(row != nullptr);
}

}  // namespace slab
