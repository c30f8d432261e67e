// Accuracy against latency of every measured run, with the front of those that nothing beats.
#pragma once

#include "widgets/latency_chart/figure.h"

namespace slab {

struct AccuracyPoint {
  QString label;
  int series = 0;
  double milliseconds = 0;
  double accuracy = 0;  ///< top-1 in percent
};

/// Indices of the points on the Pareto front (faster or more accurate than all others), by latency.
std::vector<std::size_t> paretoFront(const std::vector<AccuracyPoint>& points);

class AccuracyScatter : public Figure {
  Q_OBJECT

 public:
  explicit AccuracyScatter(QWidget* parent = nullptr);

  void setPoints(std::vector<AccuracyPoint> points);
  void setUnit(const QString& unit);
  /// Words while there is nothing to plot.
  void setPlaceholder(const QString& text);

  void paintFigure(QPainter& painter, const QRectF& area, const Tokens& tokens) const override;
  [[nodiscard]] QSize sizeHint() const override { return {theme().px(420), theme().px(300)}; }
  [[nodiscard]] QSize minimumSizeHint() const override { return {theme().px(240), theme().px(160)}; }

 private:
  struct Axes;
  void paintAxes(QPainter& painter, const Axes& axes, const QRectF& area, const Tokens& tokens) const;
  void paintLabels(QPainter& painter, const Axes& axes, const Tokens& tokens) const;

  std::vector<AccuracyPoint> points_;
  QString unit_, placeholder_;
};

}  // namespace slab
