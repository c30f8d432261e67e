// Parallel coordinates of a sweep: an axis for each key, the best score at the right, a line for each trial.
#pragma once

#include <QWidget>
#include <vector>

#include "widgets/sweep_view/sweep_axis_scale.h"
#include "widgets/sweep_view/sweep_trial.h"

namespace slab {

/// The better a trial, the stronger its line; the chosen one is thick. Trials without a figure yet end before the last
/// axis, dashed. Up and down choose by score, a click takes the nearest line.
class ParallelCoordinates : public QWidget {
  Q_OBJECT
 public:
  explicit ParallelCoordinates(QWidget* parent = nullptr);

  /// `score`: what the trials are compared by, "top-1" or "mask AP".
  void setTrials(const QStringList& keys, const std::vector<SweepTrial>& trials, const QString& score);
  void setChosen(qint64 job);
  [[nodiscard]] qint64 chosen() const { return chosen_; }
  /// The whole picture in words, for screen readers.
  [[nodiscard]] QString words() const;

  QSize minimumSizeHint() const override;

 signals:
  /// By the user.
  void jobChosen(qint64 job);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  [[nodiscard]] QRectF plot() const;
  [[nodiscard]] double axisX(std::size_t axis) const;
  [[nodiscard]] QPolygonF lineOf(const SweepTrial& trial) const;
  [[nodiscard]] double scorePlace(double score) const;
  void paintAxes(QPainter& painter) const;
  void paintAxis(QPainter& painter, double x, const QString& title, const std::vector<SweepAxisScale::Tick>& ticks,
                 bool isLast) const;
  void paintTrial(QPainter& painter, const SweepTrial& trial) const;
  void chooseByUser(qint64 job);

  QStringList keys_;
  QString score_;
  std::vector<SweepTrial> trials_;  ///< best last, so that it is drawn on top
  std::vector<SweepAxisScale> scales_;
  double low_ = 0, high_ = 100;  ///< of the best scores, percent
  qint64 chosen_ = 0;
};

}  // namespace slab
