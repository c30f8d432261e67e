// A place in the run that the keyboard moves: its name, and where it is in per cent, steps and epochs.
#pragma once

#include <QAbstractSlider>

namespace slab {

/// A slider without a groove, in whole per cent of the run: the groove is the plot above it. Left and right move by
/// one, page up and down by ten, Home and End to the ends; the wheel only while it has the focus.
class ScheduleStop : public QAbstractSlider {
  Q_OBJECT
 public:
  explicit ScheduleStop(const QString& name, QWidget* parent = nullptr);

  /// Where it is now, without `moved`; `words` say it in every unit.
  void setPlace(double percent, const QString& words);
  [[nodiscard]] const QString& words() const { return words_; }
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

 signals:
  /// By the user only.
  void moved(int percent);
  void focusChanged();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;

 private:
  QString words_;
};

}  // namespace slab
