#include "widgets/schedule_editor/schedule_editor.h"

#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {

QVector<QPointF> lambdaPoints(const Plan& plan) {
  const auto last = static_cast<double>(plan.totalSteps);
  const double warmup = static_cast<double>(plan.lambda.warmup), end = static_cast<double>(plan.lambda.end);
  QVector<QPointF> points{{0, plan.lambda.at(0)}};
  if (warmup > 0) points.push_back({warmup, 1});
  points.push_back({std::max(end, warmup), 0});
  if (end < last) points.push_back({last, 0});
  return points;
}

QVector<QPointF> learningRatePoints(const Plan& plan, int points) {
  QVector<QPointF> curve;
  const std::int64_t step = std::max<std::int64_t>(1, plan.totalSteps / std::max(1, points));
  for (std::int64_t k = 0; k < plan.totalSteps; k += step) {
    // The corner at the end of the warm-up would fall between two points.
    if (k > plan.lr.warmup && k - step < plan.lr.warmup) {
      curve.push_back({static_cast<double>(plan.lr.warmup), plan.lr.at(plan.lr.warmup)});
    }
    curve.push_back({static_cast<double>(k), plan.lr.at(k)});
  }
  if (plan.totalSteps > 0) curve.push_back({static_cast<double>(plan.totalSteps), plan.lr.at(plan.totalSteps - 1)});
  return curve;
}

std::vector<Phase> lambdaPhases(const Plan& plan) {
  const auto warmup = static_cast<double>(plan.lambda.warmup), end = static_cast<double>(plan.lambda.end);
  const auto last = static_cast<double>(plan.totalSteps);
  std::vector<Phase> phases;
  if (warmup > 0) phases.push_back({Phase::Kind::Warm, 0, warmup, QObject::tr("warm")});
  phases.push_back({Phase::Kind::Transition, warmup, std::min(end, last), QObject::tr("LayerNorm to RepBN")});
  if (end < last) phases.push_back({Phase::Kind::Final, end, last, QObject::tr("RepBN only")});
  return phases;
}

QString lambdaEndWords(const Plan& plan) {
  if (plan.totalSteps <= 0) return {};
  const double share = 100.0 * static_cast<double>(plan.lambda.end) / static_cast<double>(plan.totalSteps);
  return QObject::tr("%1 %, step %2, epoch %3")
      .arg(QString::number(share, 'g', 3), QString::fromStdString(formatInteger(plan.lambda.end, true)),
           QString::number(plan.epochOf(plan.lambda.end), 'f', 1));
}

ScheduleEditor::ScheduleEditor(QWidget* parent) : QWidget(parent), plot_(new CurvePlot(tr("Schedule"), this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(plot_);
  plot_->setEmptyText(tr("The schedule appears once the size of the training set is known."));
  connect(plot_, &CurvePlot::handleMoved, this, [this](double step) { emit lambdaEndDragged(percentAt(step)); });
  connect(plot_, &CurvePlot::handleReleased, this, [this](double step) { emit lambdaEndChosen(percentAt(step)); });
}

double ScheduleEditor::percentAt(double step) const {
  const double percent = 100.0 * step / std::max<double>(1, static_cast<double>(plan_.totalSteps));
  return std::clamp(std::round(percent), 1.0, 100.0);
}

void ScheduleEditor::setPlan(const Plan& plan, bool uses_lambda) {
  plan_ = plan;
  std::vector<PlannedCurve> planned;
  if (plan.totalSteps > 0) {
    QVector<QPointF> rate = learningRatePoints(plan);
    double peak = 0;
    for (const QPointF& p : rate) peak = std::max(peak, p.y());
    for (QPointF& p : rate) p.setY(peak > 0 ? p.y() / peak : 0);
    if (uses_lambda) planned.push_back({tr("lambda"), lambdaPoints(plan), 0, {}, true, true});
    planned.push_back({tr("learning rate, peak %1").arg(QString::number(peak, 'g', 3)), rate, 1, {}, true, true});
  }
  plot_->setPlanned(std::move(planned));
  plot_->setYRange(0, 1.08);
  plot_->setXExtent(0, static_cast<double>(plan.totalSteps));
  const bool hasLambda = uses_lambda && plan.totalSteps > 0;
  plot_->setPhases(hasLambda ? lambdaPhases(plan) : std::vector<Phase>());
  plot_->setHandle(hasLambda ? std::optional(QPointF(static_cast<double>(plan.lambda.end), 0)) : std::nullopt,
                   lambdaEndWords(plan));
}

}  // namespace slab
