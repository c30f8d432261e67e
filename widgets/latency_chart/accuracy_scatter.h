// Accuracy against latency of every measured run: with the front of those that nothing beats, or by families, as the
// paper draws AP against latency.
#pragma once

#include "widgets/latency_chart/figure.h"

namespace slab {

struct AccuracyPoint {
  QString label;
  int series = 0;
  double milliseconds = 0;
  double accuracy = 0;  ///< in percent
  /// Interval of the latency; drawn where `high` is above `low`.
  double low = 0, high = 0;
  QString family{};  ///< points of one are joined by Joined::Families; "" stands alone
};

/// Indices of the points on the Pareto front (faster or more accurate than all others), by latency.
std::vector<std::size_t> paretoFront(const std::vector<AccuracyPoint>& points);

class AccuracyScatter : public Figure {
  Q_OBJECT

 public:
  enum class Joined {
    Front,    // a dashed line through the Pareto front
    Families  // a line through the points of each family, by latency, in the look of its series
  };

  explicit AccuracyScatter(QWidget* parent = nullptr);

  void setPoints(std::vector<AccuracyPoint> points);
  void setUnit(const QString& unit);
  /// Of the vertical axis: "box AP, %"; top-1 at first.
  void setValueName(const QString& name);
  void setJoined(Joined joined);
  /// Words while there is nothing to plot.
  void setPlaceholder(const QString& text);

  [[nodiscard]] const std::vector<AccuracyPoint>& points() const { return points_; }
  [[nodiscard]] const QString& valueName() const { return valueName_; }
  [[nodiscard]] Joined joined() const { return joined_; }

  void paintFigure(QPainter& painter, const QRectF& area, const Tokens& tokens) const override;
  [[nodiscard]] QSize sizeHint() const override { return {theme().px(420), theme().px(300)}; }
  [[nodiscard]] QSize minimumSizeHint() const override { return {theme().px(240), theme().px(160)}; }

 private:
  struct Axes;
  void paintAxes(QPainter& painter, const Axes& axes, const QRectF& area, const Tokens& tokens) const;
  void paintLines(QPainter& painter, const Axes& axes, const Tokens& tokens) const;
  void paintPoint(QPainter& painter, const Axes& axes, const AccuracyPoint& point, const Tokens& tokens) const;
  /// How far a point's interval reaches to either side, in the figure's pixels.
  static double leftOf(const AccuracyPoint& point, const Axes& axes);
  static double rightOf(const AccuracyPoint& point, const Axes& axes);
  void paintLabels(QPainter& painter, const Axes& axes, const Tokens& tokens) const;

  std::vector<AccuracyPoint> points_;
  QString unit_, valueName_, placeholder_;
  Joined joined_ = Joined::Front;
};

}  // namespace slab
