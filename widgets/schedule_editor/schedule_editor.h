// Lambda and learning rate over a run as planned, with the end of lambda to drag.
#pragma once

#include <QWidget>

#include "core/config/schedule.h"
#include "widgets/curve_plot/curve_plot.h"

namespace slab {

/// The planned curves of `plan` as points for a plot: exact at the corners, at most `points` between.
QVector<QPointF> lambdaPoints(const Plan& plan);
QVector<QPointF> learningRatePoints(const Plan& plan, int points = 240);
std::vector<Phase> lambdaPhases(const Plan& plan);
/// "80 %, step 3 752, epoch 8.0"
QString lambdaEndWords(const Plan& plan);

/// Both curves on one axis: lambda as it is, the rate as a share of its peak (the legend says the peak). With lambda in
/// use a ring marks where it reaches 0; dragging it asks for a new end, as a share of the run.
class ScheduleEditor : public QWidget {
  Q_OBJECT
 public:
  explicit ScheduleEditor(QWidget* parent = nullptr);

  /// `usesLambda`: the norm is prep_bn. A plan without steps shows words instead.
  void setPlan(const Plan& plan, bool uses_lambda);
  [[nodiscard]] CurvePlot& plot() { return *plot_; }

 signals:
  /// While dragging and once at the end; percent of the run, 0 to 100.
  void lambdaEndDragged(double percent);
  void lambdaEndChosen(double percent);

 private:
  [[nodiscard]] double percentAt(double step) const;

  CurvePlot* plot_;
  Plan plan_;
};

}  // namespace slab
