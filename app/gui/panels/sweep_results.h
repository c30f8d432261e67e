// The results of the project's sweeps, beside the queue: one sweep at a time, the newest first.
#pragma once

#include <QComboBox>

#include "widgets/sweep_view/sweep_view.h"

namespace slab {

class Session;

class SweepResults : public QWidget {
  Q_OBJECT
 public:
  explicit SweepResults(Session& session, QWidget* parent = nullptr);

  /// Takes the newest state of queue and runs; call it while this is shown.
  void refresh();
  [[nodiscard]] const SweepView* view() const { return view_; }

 signals:
  /// A trial was opened, by Enter or a double click.
  void activated(qint64 job);

 private:
  void fillPicker();
  [[nodiscard]] std::vector<SweepTrial> trialsOf(std::int64_t sweep, QStringList& keys) const;
  /// What the trials of a sweep are compared by: they differ in keys, not in what they train.
  [[nodiscard]] QString scoreOf(std::int64_t sweep) const;

  Session& session_;
  QComboBox* picker_;
  SweepView* view_;
};

}  // namespace slab
