// One bar a model: p50, a whisker to p99, and the mean with its interval.
#pragma once

#include "widgets/latency_chart/figure.h"
#include "widgets/latency_chart/latency_row.h"

namespace slab {

/// Bars from zero, in the rows' order and colours. With `setRowGeometry` they line up with a table beside
/// them; otherwise they share the height evenly and carry their names.
class LatencyBars : public Figure {
  Q_OBJECT

 public:
  explicit LatencyBars(QWidget* parent = nullptr);

  void setRows(std::vector<LatencyRow> rows);
  /// "ms per image" or "ms per batch of 8".
  void setUnit(const QString& unit);
  /// First row's top and the row height in pixels.
  void setRowGeometry(double top, double height);

  void paintFigure(QPainter& painter, const QRectF& area, const Tokens& tokens) const override;
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 private:
  void paintBar(QPainter& painter, const LatencyRow& row, const QRectF& band, double zero, double pixelsPerMs,
                const Tokens& tokens) const;

  std::vector<LatencyRow> rows_;
  QString unit_;
  double top_ = 0.0;
  double rowHeight_ = 0.0;
};

}  // namespace slab
