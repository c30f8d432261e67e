// A workspace of the window: Runs, Configure, Train, Cockpit, Attention, Latency, Data, Models, Diagnose,
// Detection.
#pragma once

#include <QAction>
#include <QList>
#include <QObject>
#include <QWidget>
#include <vector>

#include "widgets/theme/controls.h"

namespace slab {

class Session;

/// One card of a workspace; it becomes a dock widget. `id` names it in the saved layout and must never change.
/// `header` may be null: then the card has a plain header with `title`. Both widgets pass to the dock.
struct PanelCard {
  QString id;
  QString title;
  QWidget* content = nullptr;
  CardHeader* header = nullptr;
};

/// The default arrangement: cards in nested rows and columns; `share` is the part of the parent's length.
struct CardLayout {
  enum class Kind { Card, Row, Column };
  Kind kind = Kind::Card;
  QString card;
  int share = 1;
  std::vector<CardLayout> items;

  static CardLayout leaf(const QString& id, int share = 1) { return {Kind::Card, id, share, {}}; }
  static CardLayout row(std::vector<CardLayout> items, int share = 1) {
    return {Kind::Row, {}, share, std::move(items)};
  }
  static CardLayout column(std::vector<CardLayout> items, int share = 1) {
    return {Kind::Column, {}, share, std::move(items)};
  }
};

/// Implemented once a workspace. It lives on the window thread, is made once and never waits: file work and requests
/// go through `session()` and come back by signal or callback. Actions keep text, shortcut or menu place; the main
/// window puts them into the menu bar and the palette.
class Panel : public QObject {
  Q_OBJECT
 public:
  explicit Panel(Session& session, QObject* parent = nullptr) : QObject(parent), session_(session) {}

  /// "attention": stable, names the saved layout.
  [[nodiscard]] virtual QString id() const = 0;

  /// Called once, before the first show.
  virtual std::vector<PanelCard> makeCards() = 0;
  [[nodiscard]] virtual CardLayout defaultLayout() const = 0;

  /// Chips and choices at the left of the context bar; an empty list asks for the run's chips (run, device, step ...).
  virtual QList<QWidget*> makeContextWidgets() { return {}; }

  /// Buttons at the right of the context bar, the main one last; it is drawn filled.
  [[nodiscard]] virtual QList<QAction*> contextActions() const { return {}; }

  /// Every action for the menu "Inspect" (or `menuTitle`), `contextActions` among them.
  [[nodiscard]] virtual QList<QAction*> menuActions() const { return contextActions(); }
  [[nodiscard]] virtual QString menuTitle() const { return tr("&Inspect"); }

  /// Entering: start what this workspace needs (an inspection worker, a scan). Leaving: stop timers.
  virtual void activate() {}
  virtual void deactivate() {}

  /// Screenshot mode asks once, on the first visit: begin what a user would start by hand (a measurement).
  virtual void prepareForPicture() {}

  /// Screenshot mode waits until this is true (or a limit passes), then takes its picture.
  [[nodiscard]] virtual bool isSettled() const { return true; }

 signals:
  /// Left and right words of the status bar while this workspace is in front.
  void statusChanged(const QString& left, const QString& right);

 protected:
  [[nodiscard]] Session& session() const { return session_; }

 private:
  Session& session_;
};

/// Makers of the panels, in the rail's order; each stands in panels/<name>_panel.cpp.
Panel* makeRunsPanel(Session& session, QObject* parent);
Panel* makeConfigurePanel(Session& session, QObject* parent);
Panel* makeTrainPanel(Session& session, QObject* parent);
Panel* makeCockpitPanel(Session& session, QObject* parent);
Panel* makeAttentionPanel(Session& session, QObject* parent);
Panel* makeLatencyPanel(Session& session, QObject* parent);
Panel* makeDataPanel(Session& session, QObject* parent);
Panel* makeModelsPanel(Session& session, QObject* parent);
Panel* makeDiagnosePanel(Session& session, QObject* parent);
Panel* makeDetectionPanel(Session& session, QObject* parent);

}  // namespace slab
