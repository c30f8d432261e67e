#include "app/gui/main_window.h"

#include <QApplication>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QMenuBar>
#include <QMimeData>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QVBoxLayout>

#include "app/gui/card_dock.h"
#include "app/gui/context_bar.h"
#include "app/gui/dialogs/help_dialogs.h"
#include "app/gui/notice_bar.h"
#include "app/gui/rail.h"
#include "app/gui/run_actions.h"
#include "app/gui/settings.h"
#include "app/gui/status_words.h"
#include "app/gui/theme_menus.h"
#include "app/gui/top_bar.h"
#include "app/gui/workspace.h"
#include "widgets/theme/icons.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

struct WorkspaceEntry {
  Panel* (*make)(Session&, QObject*);
  Glyph glyph;
  const char* name;
};

constexpr WorkspaceEntry kWorkspaces[] = {
    {makeRunsPanel, Glyph::Runs, QT_TRANSLATE_NOOP("MainWindow", "Runs")},
    {makeConfigurePanel, Glyph::Configure, QT_TRANSLATE_NOOP("MainWindow", "Configure")},
    {makeTrainPanel, Glyph::Train, QT_TRANSLATE_NOOP("MainWindow", "Train")},
    {makeCockpitPanel, Glyph::Cockpit, QT_TRANSLATE_NOOP("MainWindow", "Cockpit")},
    {makeAttentionPanel, Glyph::Attention, QT_TRANSLATE_NOOP("MainWindow", "Attention")},
    {makeLatencyPanel, Glyph::Latency, QT_TRANSLATE_NOOP("MainWindow", "Latency")},
    {makeDataPanel, Glyph::Data, QT_TRANSLATE_NOOP("MainWindow", "Data")},
    {makeModelsPanel, Glyph::Models, QT_TRANSLATE_NOOP("MainWindow", "Models")},
    {makeDiagnosePanel, Glyph::Diagnose, QT_TRANSLATE_NOOP("MainWindow", "Diagnose")},
    {makeDetectionPanel, Glyph::Detection, QT_TRANSLATE_NOOP("MainWindow", "Detection")},
};

/// Ctrl and the digits; Alt and they again from the tenth on, since Ctrl+0 is taken.
QString keysOf(std::size_t workspace) {
  constexpr std::size_t kDigits = 9;
  return workspace < kDigits ? QStringLiteral("Ctrl+%1").arg(workspace + 1)
                             : QStringLiteral("Alt+%1").arg(workspace - kDigits + 1);
}

}  // namespace

MainWindow::MainWindow(Session& session, QWidget* parent) : QMainWindow(parent), session_(session) {
  setWindowIcon(programIcon());
  setAcceptDrops(true);
  makeBody();
  makeWorkspaces();
  makeMenus();
  makeStatusBar();
  connect(&session, &Session::workspaceWanted, this, qOverload<const QString&>(&MainWindow::showWorkspace));
  connect(&session, &Session::noticed, notice_, &NoticeBar::show);
  connect(&session, &Session::runsChanged, this, &MainWindow::updateStatus);
  connect(&session, &Session::liveChanged, this, &MainWindow::updateTitle);
  connect(&session, &Session::currentRunChanged, this, &MainWindow::updateStatus);
  connect(&session, &Session::projectChanged, this, &MainWindow::updateTitle);
  resize(theme().px(1440), theme().px(900));
  restoreGeometry(QSettings().value("window/geometry").toByteArray());
  showWorkspace(QSettings().value("window/workspace", "train").toString());
  stack_->setFocus();  // not a field or button: keys reach the workspace, nothing looks chosen
  updateTitle();
}

void MainWindow::makeBody() {
  top_ = new TopBar(this);
  setMenuWidget(top_);
  connect(top_, &TopBar::searchWanted, this, &MainWindow::openPalette);
  auto* body = new QWidget(this);
  auto* row = new QHBoxLayout(body);
  auto* right = new QVBoxLayout;
  for (QLayout* layout : {static_cast<QLayout*>(row), static_cast<QLayout*>(right)}) {
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
  }
  rail_ = new Rail(body);
  context_ = new ContextBar(session_, body);
  notice_ = new NoticeBar(body);
  stack_ = new QStackedWidget(body);
  stack_->setFocusPolicy(Qt::ClickFocus);
  stack_->setAccessibleName(tr("Workspace"));
  row->addWidget(rail_);
  row->addLayout(right, 1);
  right->addWidget(context_);
  right->addWidget(notice_);
  right->addWidget(stack_, 1);
  setCentralWidget(body);
  connect(rail_, &Rail::chosen, this, qOverload<int>(&MainWindow::showWorkspace));
}

void MainWindow::makeWorkspaces() {
  for (const WorkspaceEntry& entry : kWorkspaces) {
    auto* workspace = new Workspace(entry.make(session_, nullptr), stack_);
    workspace->restoreLayout();
    workspaces_.push_back(workspace);
    stack_->addWidget(workspace);
    const QString name = tr(entry.name);
    rail_->addButton(entry.glyph, name, name + "  " + keysOf(workspaces_.size() - 1));
    connect(&workspace->panel(), &Panel::statusChanged, this,
            [this, workspace](const QString& left, const QString& right) {
              if (stack_->currentWidget() != workspace) return;
              statusLeft_->setText(left);
              statusRight_->setText(right);
            });
  }
}

QMenu* MainWindow::menu(const QString& title) {
  for (QAction* action : top_->menuBar()->actions()) {
    if (action->text() == title) return action->menu();
  }
  return top_->menuBar()->addMenu(title);
}

void MainWindow::makeMenus() {
  makeFileMenu();
  menu(tr("&Run"))->addActions(session_.actions().all());
  makeViewMenu();
  for (Workspace* workspace : workspaces_) {
    const QList<QAction*> actions = workspace->panel().menuActions();
    if (actions.isEmpty()) continue;
    QMenu* target = menu(workspace->panel().menuTitle());
    target->addSection(
        tr(kWorkspaces[std::find(workspaces_.begin(), workspaces_.end(), workspace) - workspaces_.begin()].name));
    target->addActions(actions);
  }
  makeHelpMenu();
}

void MainWindow::makeFileMenu() {
  QMenu* file = menu(tr("&File"));
  file->addAction(tr("&Open project..."), QKeySequence::Open, this, &MainWindow::openProject);
  recent_ = file->addMenu(tr("&Recent projects"));
  connect(recent_, &QMenu::aboutToShow, this, [this] {
    recent_->clear();
    for (const QString& path : settings::recentProjects()) {
      recent_->addAction(path, this, [this, path] { session_.openProject(path); });
    }
  });
  file->addAction(tr("&Import checkpoint..."), QKeySequence("Ctrl+I"), this, &MainWindow::importCheckpoint)
      ->setStatusTip(tr("Weights of PyTorch (.pth) or safetensors; a file dropped on the window does the same"));
  file->addSeparator();
  QAction* undo = session_.undoStack().createUndoAction(this, tr("&Undo"));
  undo->setShortcut(QKeySequence::Undo);
  QAction* redo = session_.undoStack().createRedoAction(this, tr("&Redo"));
  redo->setShortcut(QKeySequence::Redo);
  file->addActions({undo, redo});
  file->addSeparator();
  file->addAction(tr("&Quit"), QKeySequence::Quit, this, &QWidget::close)
      ->setStatusTip(tr("Trainings go on; the window finds them again"));
}

void MainWindow::makeViewMenu() {
  QMenu* view = menu(tr("&View"));
  for (std::size_t i = 0; i < workspaces_.size(); ++i) {
    view->addAction(tr(kWorkspaces[i].name), QKeySequence(keysOf(i)), this,
                    [this, i] { showWorkspace(static_cast<int>(i)); });
  }
  view->addSeparator();
  view->addAction(tr("&Search actions, runs, layers"), QKeySequence("Ctrl+K"), this, &MainWindow::openPalette);
  panels_ = view->addMenu(tr("&Cards"));
  connect(panels_, &QMenu::aboutToShow, this, &MainWindow::fillPanelsMenu);
  view->addAction(tr("&Reset this layout"), QKeySequence("Ctrl+Shift+0"), this, [this] { workspace()->resetLayout(); });
  addThemeMenus(view, this);
}

void MainWindow::makeHelpMenu() {
  QMenu* help = menu(tr("&Help"));
  help->addAction(tr("&Keyboard shortcuts"), QKeySequence::HelpContents, this,
                  [this] { showShortcuts(this, top_->menuBar()); });
  help->addAction(tr("&About SLAB Workbench"), this, [this] { showAbout(this); });
}

void MainWindow::fillPanelsMenu() {
  panels_->clear();
  for (CardDock* dock : workspace()->docks()) panels_->addAction(dock->toggleViewAction());
}

void MainWindow::makeStatusBar() {
  QStatusBar* bar = statusBar();
  bar->setSizeGripEnabled(false);
  statusLeft_ = new QLabel(bar);
  statusRight_ = new QLabel(bar);
  waiting_ = new QLabel(bar);
  memory_ = new QLabel(bar);
  auto* local = new QLabel(tr("all local, no network"), bar);
  local->setToolTip(tr("Nothing leaves this machine: runs are plain files, workers listen on a local socket only."));
  bar->addWidget(statusLeft_, 1);
  for (QLabel* label : {statusRight_, waiting_, memory_, local}) bar->addPermanentWidget(label);
  const auto resize = [this, local, bar] {
    for (QLabel* label : {statusLeft_, statusRight_, waiting_, memory_, local}) setTextRole(label, TextRole::Small);
    bar->setFixedHeight(theme().px(size::kStatusBar));
    bar->setContentsMargins(theme().px(10), 0, theme().px(10), 0);
    for (QLabel* label : {statusRight_, waiting_, memory_, local}) label->setContentsMargins(theme().px(16), 0, 0, 0);
  };
  resize();
  connect(&theme(), &Theme::changed, this, resize);
}

Workspace* MainWindow::workspace() const {
  return static_cast<Workspace*>(stack_->currentWidget());
}

void MainWindow::showWorkspace(int index) {
  Workspace* next = workspaces_.at(static_cast<std::size_t>(index));
  if (workspace() != next) workspace()->panel().deactivate();
  statusLeft_->clear();
  statusRight_->clear();
  rail_->setCurrent(index);
  stack_->setCurrentWidget(next);
  context_->setPanel(&next->panel());
  next->panel().activate();
  updateStatus();
}

void MainWindow::showWorkspace(const QString& id) {
  for (std::size_t i = 0; i < workspaces_.size(); ++i) {
    if (workspaces_[i]->panel().id() == id) showWorkspace(static_cast<int>(i));
  }
}

void MainWindow::updateStatus() {
  waiting_->setText(dataWaitWords(session_));
  memory_->setText(memoryWords(session_));
  for (QLabel* label : {statusRight_, waiting_, memory_}) label->setVisible(!label->text().isEmpty());
  updateTitle();
}

void MainWindow::updateTitle() {
  top_->setTitle(session_.projectName());
  setWindowTitle(titleWords(session_));
}

std::vector<PaletteEntry> MainWindow::paletteEntries() const {
  std::vector<PaletteEntry> entries = menuEntries(top_->menuBar());
  for (const RunRow& row : session_.runs()) {
    entries.push_back({row.name, tr("run, %1").arg(stateText(row.state)), {}, true, [this, path = row.path] {
                         session_.setCurrentRun(path);
                         session_.showWorkspace("train");
                       }});
  }
  for (const QString& layer : layerNames(session_.currentRun())) {
    entries.push_back({layer, tr("layer"), {}, true, [this] { session_.showWorkspace("attention"); }});
  }
  return entries;
}

void MainWindow::openPalette() {
  CommandPalette palette(paletteEntries(), this);
  palette.move(mapToGlobal(QPoint((width() - palette.width()) / 2, theme().px(56))));
  palette.exec();
}

QString MainWindow::noticeWords() const {
  return notice_->words();
}

void MainWindow::openProject() {
  const QString path = QFileDialog::getExistingDirectory(this, tr("Open or make a project"), session_.projectPath());
  if (!path.isEmpty()) session_.openProject(path);
}

void MainWindow::importCheckpoint() {
  const QString path = QFileDialog::getOpenFileName(this, tr("Import a checkpoint"), {},
                                                    tr("Checkpoints (*.pth *.pt *.bin *.safetensors);;All files (*)"));
  if (!path.isEmpty()) session_.openCheckpoint(path);
}

void MainWindow::closeEvent(QCloseEvent* event) {
  for (const Workspace* workspace : workspaces_) workspace->saveLayout();
  QSettings().setValue("window/geometry", saveGeometry());
  QSettings().setValue("window/workspace", workspace()->panel().id());
  QMainWindow::closeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

/// A folder is a project, a file a checkpoint, annotations or results; the workspaces take other drops themselves.
void MainWindow::dropEvent(QDropEvent* event) {
  const QString path = event->mimeData()->urls().value(0).toLocalFile();
  if (path.isEmpty()) return;
  event->acceptProposedAction();
  if (QFileInfo(path).isDir()) {
    session_.openProject(path);
  } else {
    session_.openFile(path);
  }
}

}  // namespace slab
