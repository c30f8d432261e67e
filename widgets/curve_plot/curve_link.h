// What linked plots share: the x axis in use, the visible range and the cursor.
#pragma once

#include <QObject>
#include <cmath>
#include <limits>

#include "core/store/series_store.h"

namespace slab {

/// Give one to several plots and they zoom, pan and point together. While `isFollowing`, each plot shows all its data
/// and the range grows with it.
class CurveLink : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;

  [[nodiscard]] CurveAxis axis() const { return axis_; }
  [[nodiscard]] bool isFollowing() const { return following_; }
  [[nodiscard]] double lower() const { return lower_; }
  [[nodiscard]] double upper() const { return upper_; }
  /// x under the cursor, NaN when it is outside every plot.
  [[nodiscard]] double cursor() const { return cursor_; }

  void setAxis(CurveAxis axis) {
    if (axis == axis_) return;
    axis_ = axis;
    following_ = true;
    cursor_ = std::numeric_limits<double>::quiet_NaN();
    emit rangeChanged();
  }

  /// A zoom or pan by the user.
  void setRange(double lower, double upper) {
    following_ = false;
    lower_ = lower;
    upper_ = upper;
    emit rangeChanged();
  }

  void follow() {
    following_ = true;
    emit rangeChanged();
  }

  void setCursor(double x) {
    if (x == cursor_ || (std::isnan(x) && std::isnan(cursor_))) return;
    cursor_ = x;
    emit cursorChanged();
  }

 signals:
  void rangeChanged();
  void cursorChanged();

 private:
  CurveAxis axis_ = CurveAxis::Step;
  bool following_ = true;
  double lower_ = 0, upper_ = 1;
  double cursor_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace slab
