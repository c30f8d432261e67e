#include "app/gui/panels/schedule_curves.h"

#include <algorithm>

#include "widgets/schedule_editor/schedule_editor.h"
#include "widgets/theme/theme.h"

namespace slab {

std::optional<Curve> curveOf(const RunRow& row, const RunData* data, const std::string& series, const QString& label) {
  const auto store = data ? data->find(series) : nullptr;
  if (store == nullptr) return std::nullopt;
  Curve curve;
  curve.id = row.path + '#' + QString::fromStdString(series);
  curve.label = label;
  curve.data = store;
  curve.series = row.colour;
  curve.dash = Qt::SolidLine;
  return curve;
}

void showSchedule(CurvePlot& plot, CardHeader& header, const RunRow* row, const RunData* data) {
  std::vector<PlannedCurve> planned;
  std::vector<Curve> curves;
  const QColor muted = theme().tokens().muted;
  const bool isPlanned = row != nullptr && row->plan.totalSteps > 0;
  const bool hasLambda = row != nullptr && row->usesLambda;
  double peak = 0;
  if (isPlanned) {
    QVector<QPointF> rate = learningRatePoints(row->plan);
    for (const QPointF& p : rate) peak = std::max(peak, p.y());
    for (QPointF& p : rate) p.setY(peak > 0 ? p.y() / peak : 0);
    if (hasLambda) planned.push_back({QObject::tr("planned"), lambdaPoints(row->plan), row->colour, {}, false, false});
    planned.push_back({QObject::tr("planned"), rate, 0, muted, false, false});
  }
  if (hasLambda) {
    if (auto lambda = curveOf(*row, data, "lambda", QObject::tr("lambda"))) curves.push_back(std::move(*lambda));
  }
  if (row != nullptr) {
    if (auto rate = curveOf(*row, data, "lr", QObject::tr("learning rate"))) {
      rate->colour = muted;
      rate->scale = peak > 0 ? 1 / peak : 1;
      curves.push_back(std::move(*rate));
    }
  }
  plot.setPlanned(std::move(planned));
  plot.setCurves(std::move(curves));
  plot.setPhases(hasLambda && isPlanned ? lambdaPhases(row->plan) : std::vector<Phase>());
  const QString share =
      peak > 0 ? QObject::tr("rate drawn as a share of %1").arg(QString::number(peak, 'g', 3)) : QString();
  plot.setLegendNote(peak > 0 ? QObject::tr("dashed: planned; %1").arg(share) : QString());
  header.setSubtitle(hasLambda && isPlanned ? QObject::tr("lambda reaches 0 at %1").arg(lambdaEndWords(row->plan))
                                            : share);
}

}  // namespace slab
