#include "app/gui/panels/layer_curves.h"

#include <QVBoxLayout>

#include "app/gui/panels/schedule_curves.h"
#include "widgets/theme/theme.h"

namespace slab {

LayerCurves::LayerCurves(QWidget* parent)
    : QWidget(parent),
      branches_(new CurvePlot(tr("Branches of the layer"), this)),
      statistics_(new CurvePlot(tr("Statistics of the layer"), this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  for (CurvePlot* plot : {branches_, statistics_}) {
    plot->setSmoothing(0);
    column->addWidget(plot, 1);
  }
  statistics_->setLogY(true);
  branches_->setEmptyText(tr("Choose a layer in the map: a click, or up and down."));
}

void LayerCurves::setLink(CurveLink* link) {
  for (CurvePlot* plot : {branches_, statistics_}) plot->setLink(link);
}

void LayerCurves::showLayer(const RunRow* row, const RunData* data, const QString& layer) {
  std::vector<Curve> branches, statistics;
  const auto add = [&](std::vector<Curve>& curves, const char* quantity, const QString& label, Qt::PenStyle dash,
                       const QColor& colour = {}) {
    auto curve = curveOf(*row, data, "norm/" + layer.toStdString() + '/' + quantity, label);
    if (!curve) return;
    curve->dash = dash;
    curve->colour = colour;
    curves.push_back(std::move(*curve));
  };
  if (row != nullptr && !layer.isEmpty()) {
    const QColor muted = theme().tokens().muted;
    add(branches, "repbn_share", tr("RepBN's share"), Qt::SolidLine);
    add(branches, "alpha", tr("alpha"), Qt::SolidLine, muted);
    add(statistics, "running_var_mean", tr("running variance"), Qt::SolidLine);
    add(statistics, "running_var_min", tr("least"), Qt::DotLine);
    add(statistics, "running_var_max", tr("largest"), Qt::DashLine);
    add(statistics, "distance", tr("distance"), Qt::SolidLine, muted);
    const auto steps = static_cast<double>(row->plan.totalSteps);
    for (CurvePlot* plot : {branches_, statistics_}) plot->setXExtent(0, steps);
  }
  statistics_->setVisible(!statistics.empty());
  branches_->setCurves(std::move(branches));
  statistics_->setCurves(std::move(statistics));
}

}  // namespace slab
