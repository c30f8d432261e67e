// How far a run is: epochs, checkpoints, time left as a range.
#pragma once

#include <QWidget>
#include <deque>
#include <vector>

namespace slab {

/// Time left from the recent speed: the middle half of the last step times, so one stall does not move it.
class EtaEstimator {
 public:
  struct Range {
    double low = 0, high = 0;  ///< seconds
    bool isKnown = false;
  };
  /// `seconds` of active training at `step`.
  void add(double step, double seconds);
  void clear() { samples_.clear(); }
  [[nodiscard]] Range left(double steps_to_go) const;

 private:
  std::deque<std::pair<double, double>> samples_;
};

struct TimelineMark {
  double step = 0;
  QString path;  ///< of the checkpoint
  QString words;
};

/// A bar from step 0 to the last with a scale in epochs below (in steps where `epochs` is 0) and checkpoint diamonds
/// above; arrows and Enter choose one.
class RunTimeline : public QWidget {
  Q_OBJECT
 public:
  explicit RunTimeline(QWidget* parent = nullptr);

  void setProgress(double step, double steps, double epochs, const QColor& colour);
  void setWords(const QString& words) { words_ = words, update(); }
  void setCheckpoints(std::vector<TimelineMark> marks);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 signals:
  void checkpointChosen(const QString& path, const QPoint& at);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  [[nodiscard]] double pixelOf(double step) const;
  [[nodiscard]] int markAt(const QPointF& at) const;

  double step_ = 0, steps_ = 0, epochs_ = 0;
  QColor colour_;
  QString words_;
  std::vector<TimelineMark> marks_;
  int chosen_ = -1;
};

}  // namespace slab
