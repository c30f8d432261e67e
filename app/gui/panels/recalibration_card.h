// The card "Statistics" of Diagnose: recalibrates the current run, shows what moved, and undoes it.
#pragma once

#include <QProgressBar>
#include <QSpinBox>
#include <QStackedWidget>
#include <optional>

#include "widgets/drift_table/drift_table.h"
#include "widgets/theme/controls.h"

namespace slab {

class Session;
struct RunRow;
struct WorkerReply;

/// Lives on the window thread; the inspection worker computes. What is shown belongs to one run: another one clears it,
/// unless its own training has recalibrated, which its events tell.
class RecalibrationCard : public QObject {
  Q_OBJECT

 public:
  RecalibrationCard(Session& session, QObject* parent);

  [[nodiscard]] QWidget* content() const { return content_; }
  [[nodiscard]] CardHeader* header() const { return header_; }
  [[nodiscard]] QList<QAction*> actions() const { return {start_, undo_}; }
  [[nodiscard]] bool isBusy() const { return request_ != 0; }
  [[nodiscard]] const std::optional<RecalibrationReport>& report() const { return report_; }

 private:
  QWidget* makeControls();
  void update();
  void showRun(const RunRow* run);
  void showNone(const RunRow* run);
  void ask(bool undo);
  void take(const WorkerReply& reply, bool undo);
  void showReport(const RecalibrationReport& report);
  void showEmpty(const QString& heading, const QString& words);
  /// The newest recalibration that the events tell of and that was not undone.
  [[nodiscard]] std::optional<RecalibrationReport> recorded() const;

  Session& session_;
  std::optional<RecalibrationReport> report_;
  quint64 request_ = 0;
  QString run_;
  std::size_t events_ = 0;  // of the run, when it was looked at last
  QAction *start_, *undo_, *cancel_;
  // Owned by the dock.
  QWidget* content_;
  CardHeader* header_;
  QStackedWidget* stack_;
  EmptyState* empty_;
  QProgressBar* progress_;
  QSpinBox* batches_;
  Segmented* rule_;
  QLabel* words_;
  DriftTable* table_;
};

}  // namespace slab
