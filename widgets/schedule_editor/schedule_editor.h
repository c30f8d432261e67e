// Lambda and learning rate over a run as planned, with the two ends of lambda's fall to move.
#pragma once

#include <QLabel>
#include <QWidget>

#include "core/config/schedule.h"
#include "core/config/validate.h"
#include "widgets/curve_plot/curve_plot.h"
#include "widgets/schedule_editor/schedule_stop.h"

namespace slab {

/// The planned curves of `plan` as points for a plot: exact at the corners, at most `points` between.
QVector<QPointF> lambdaPoints(const Plan& plan);
QVector<QPointF> learningRatePoints(const Plan& plan, int points = 240);
std::vector<Phase> lambdaPhases(const Plan& plan);
/// A step of the run in every unit that is known: "80 %, step 3 752, epoch 8.0".
QString placeWords(const Plan& plan, std::int64_t step);
inline QString lambdaEndWords(const Plan& plan) {
  return placeWords(plan, plan.lambda.end);
}

/// Both curves on one axis: lambda as it is, the rate as a share of its peak (the legend says the peak). With lambda in
/// use two rings mark where its fall begins and ends; dragging one, or its field below with the keyboard, asks for a
/// new place in whole per cent of the run. Neither passes the other, nor the end of the run.
class ScheduleEditor : public QWidget {
  Q_OBJECT
 public:
  explicit ScheduleEditor(QWidget* parent = nullptr);

  /// `usesLambda`: the norm is prep_bn. A plan without steps shows words instead.
  void setPlan(const Plan& plan, bool uses_lambda);
  /// Problems of the whole configuration; those of the schedule stand below it with their mends.
  void setIssues(const std::vector<ConfigIssue>& issues);
  [[nodiscard]] CurvePlot& plot() { return *plot_; }
  [[nodiscard]] ScheduleStop& warmupStop() { return *warmup_; }
  [[nodiscard]] ScheduleStop& endStop() { return *end_; }
  [[nodiscard]] QString problemsText() const { return problems_->text(); }

 signals:
  /// While dragging and by each key; per cent of the run, 0 to 100.
  void warmupMoved(int percent);
  void lambdaEndMoved(int percent);
  void mendWanted(const slab::Mend& mend);

 private:
  void moveTo(int handle, double percent);
  void drawHandles();
  void writeProblems();

  CurvePlot* plot_;
  ScheduleStop *warmup_, *end_;
  QLabel* problems_;
  std::vector<ConfigIssue> issues_;  ///< of the schedule
  Plan plan_;
  bool hasLambda_ = false;
};

}  // namespace slab
