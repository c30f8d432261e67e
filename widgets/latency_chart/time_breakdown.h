// Where the time goes: stacked bars of the parts of each model.
#pragma once

#include "widgets/latency_chart/figure.h"
#include "widgets/latency_chart/latency_row.h"

namespace slab {

/// One stacked bar a model, parts in forward order, a legend above. A part wide enough carries its milliseconds;
/// what the parts leave of the total is drawn hatched, so that nothing is hidden.
class TimeBreakdown : public Figure {
  Q_OBJECT

 public:
  explicit TimeBreakdown(QWidget* parent = nullptr);

  void setRows(std::vector<LatencyRow> rows);
  /// |sum of parts - mean| / mean of the worst row; NaN without rows.
  [[nodiscard]] double worstGap() const;

  void paintFigure(QPainter& painter, const QRectF& area, const Tokens& tokens) const override;
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 private:
  [[nodiscard]] bool isUsed(std::size_t part) const;
  /// Returns the legend's bottom.
  double paintLegend(QPainter& painter, const QRectF& area, const Tokens& tokens) const;
  void paintRow(QPainter& painter, const LatencyRow& row, const QRectF& bar, double pixelsPerMs, int decimals,
                const Tokens& tokens) const;

  std::vector<LatencyRow> rows_;
};

}  // namespace slab
