// The card "Failure" of Diagnose: the forensic view of the current run, and one-click ways back.
#pragma once

#include <QStackedWidget>
#include <optional>

#include "app/gui/roll_back.h"
#include "widgets/forensic_view/forensic_view.h"
#include "widgets/theme/controls.h"

namespace slab {

class Session;

/// Lives on the window thread; reads the events the session holds of the current run.
class FailureCard : public QObject {
  Q_OBJECT

 public:
  FailureCard(Session& session, QObject* parent);

  [[nodiscard]] QWidget* content() const { return stack_; }
  [[nodiscard]] CardHeader* header() const { return header_; }
  [[nodiscard]] QList<QAction*> actions() const { return {halfRate_, longer_, other_}; }
  [[nodiscard]] const ForensicView* view() const { return view_; }

  void update();

 private:
  void showEmpty(const RunRow* run);
  void offer(const RunRow& run, const ForensicReport& report);
  void start(const std::optional<RollBack>& way);

  Session& session_;
  std::optional<RollBack> rate_, transition_;
  std::optional<qint64> lastGood_;
  QString shown_;  // run and event that are shown
  QAction *halfRate_, *longer_, *other_;
  // Owned by the dock.
  QStackedWidget* stack_;
  CardHeader* header_;
  EmptyState* empty_;
  ForensicView* view_;
};

}  // namespace slab
