// The window: menus, rail, context bar and the workspaces as docks. Everything else lives in the panels.
#pragma once

#include <QMainWindow>
#include <vector>

#include "app/gui/command_palette.h"
#include "app/gui/session.h"

class QLabel;
class QStackedWidget;

namespace slab {

class ContextBar;
class NoticeBar;
class Rail;
class TopBar;
class Workspace;

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  explicit MainWindow(Session& session, QWidget* parent = nullptr);

  [[nodiscard]] const std::vector<Workspace*>& workspaces() const { return workspaces_; }
  [[nodiscard]] Workspace* workspace() const;
  void showWorkspace(int index);
  void showWorkspace(const QString& id);
  /// Every action, run and layer; what Ctrl+K shows.
  [[nodiscard]] std::vector<PaletteEntry> paletteEntries() const;
  [[nodiscard]] QString noticeWords() const;

 public slots:
  void openPalette();

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void makeBody();
  void makeWorkspaces();
  void makeMenus();
  void makeFileMenu();
  void makeViewMenu();
  void makeHelpMenu();
  void fillPanelsMenu();
  void makeStatusBar();
  void updateStatus();
  void updateTitle();
  void openProject();
  void importCheckpoint();
  QMenu* menu(const QString& title);

  Session& session_;
  TopBar* top_;
  Rail* rail_;
  ContextBar* context_;
  NoticeBar* notice_;
  QStackedWidget* stack_;
  std::vector<Workspace*> workspaces_;
  QMenu *panels_ = nullptr, *recent_ = nullptr;
  QLabel *statusLeft_ = nullptr, *statusRight_ = nullptr, *waiting_ = nullptr, *memory_ = nullptr;
};

}  // namespace slab
