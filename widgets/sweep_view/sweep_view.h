// The results of a sweep: its trials as lines over their keys, and as a table, best first.
#pragma once

#include <QTableWidget>
#include <QWidget>
#include <vector>

#include "widgets/sweep_view/parallel_coordinates.h"

namespace slab {

/// Choosing a trial in one chooses it in the other.
class SweepView : public QWidget {
  Q_OBJECT
 public:
  explicit SweepView(QWidget* parent = nullptr);

  /// `score`: what the trials are compared by, "top-1" or "mask AP".
  void setTrials(const QStringList& keys, std::vector<SweepTrial> trials, const QString& score);
  [[nodiscard]] const ParallelCoordinates* lines() const { return lines_; }
  [[nodiscard]] const QTableWidget* table() const { return table_; }

 signals:
  /// Enter or a double click in the table.
  void activated(qint64 job);

 private:
  void fillTable();
  void restyle();
  void choose(qint64 job);

  QStringList keys_;
  QString score_;
  std::vector<SweepTrial> trials_;  ///< best first
  ParallelCoordinates* lines_;
  QTableWidget* table_;
};

}  // namespace slab
