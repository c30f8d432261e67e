// One norm layer over the run: who makes its output, and whether its statistics hold.
#pragma once

#include <QWidget>

#include "app/gui/run_data.h"
#include "widgets/curve_plot/curve_plot.h"
#include "widgets/run_table/run_row.h"

namespace slab {

class LayerCurves : public QWidget {
  Q_OBJECT
 public:
  explicit LayerCurves(QWidget* parent = nullptr);

  void setLink(CurveLink* link);
  /// `row` null or `layer` empty: nothing to show.
  void showLayer(const RunRow* row, const RunData* data, const QString& layer);
  [[nodiscard]] CurvePlot& branches() { return *branches_; }
  [[nodiscard]] CurvePlot& statistics() { return *statistics_; }

 private:
  CurvePlot *branches_, *statistics_;
};

}  // namespace slab
