// The card "Queue" of Runs: what trains now, what comes next, when it will be over, and what sweeps came to.
#pragma once

#include <QAction>
#include <QCheckBox>
#include <QLabel>
#include <QStackedWidget>
#include <QTimeEdit>
#include <vector>

#include "app/gui/step_times.h"
#include "core/store/queue_records.h"
#include "widgets/queue_table/queue_table.h"
#include "widgets/theme/controls.h"

namespace slab {

class ProjectQueue;
class Session;
class SweepResults;

/// Jobs change place by drag or by Alt+Up and Alt+Down, are held, removed and put back; the worker is started and
/// stopped here, and goes on without the window.
class QueueCard : public QObject {
  Q_OBJECT
 public:
  QueueCard(Session& session, QObject* parent);

  [[nodiscard]] QWidget* content() const { return content_; }
  [[nodiscard]] CardHeader* header() const { return header_; }
  [[nodiscard]] QList<QAction*> actions() const { return {start_, stop_, stopAfter_, up_, down_, hold_, remove_}; }
  [[nodiscard]] QueueTable* table() const { return table_; }
  /// Shows the jobs, or what the trials of a sweep came to.
  void showResults(bool results);

 private:
  void makeActions();
  void makeFoot();
  void connectQueue();
  void update();
  void showOrders();
  void showPage();
  void updateActions();
  void moveBy(int places);
  void showMenu(const QPoint& at);
  void openRun(qint64 id);
  [[nodiscard]] QString untilText() const;

  Session& session_;
  ProjectQueue& queue_;
  StepTimes times_;
  QueueOrders shownOrders_;
  std::vector<QueueRow> rows_;
  QueueModel model_;
  QAction *start_, *stop_, *stopAfter_, *up_, *down_, *hold_, *remove_;
  // Owned by the dock.
  QWidget* content_;
  CardHeader* header_;
  QStackedWidget* stack_;
  QueueTable* table_;
  SweepResults* results_;
  Segmented* page_;
  QCheckBox *until_, *alsoStop_;
  QTimeEdit* time_;
};

}  // namespace slab
