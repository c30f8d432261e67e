// Mouse and keyboard of a HeatMap.
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <limits>

#include "widgets/heat_map/heat_map.h"

namespace slab {

int HeatMap::rowAt(QPointF point) const {
  for (int row = 0; row < static_cast<int>(rows_.size()); ++row) {
    const QRectF cells = rowRect(row);
    if (point.y() >= cells.top() && point.y() < cells.bottom() + 1) return row;
  }
  return -1;
}

void HeatMap::choose(int row) {
  const int before = current_;
  setCurrentRow(row);
  if (current_ != before) emit rowChosen(current_);
}

void HeatMap::mouseMoveEvent(QMouseEvent* event) {
  const int row = rowAt(event->position());
  hovered_ = row >= 0 ? std::optional(row) : std::nullopt;
  const bool isInside = row >= 0 && mapRect().contains(event->position()) && link_->axis() == CurveAxis::Step;
  link_->setCursor(isInside ? stepAt(event->position().x()) : std::numeric_limits<double>::quiet_NaN());
  setCursor(row >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
  refresh();
}

void HeatMap::mousePressEvent(QMouseEvent* event) {
  const int row = rowAt(event->position());
  if (event->button() == Qt::LeftButton && row >= 0) choose(row);
}

void HeatMap::leaveEvent(QEvent*) {
  hovered_.reset();
  link_->setCursor(std::numeric_limits<double>::quiet_NaN());
  refresh();
}

void HeatMap::moveCursor(int points) {
  if (rows_.empty() || link_->axis() != CurveAxis::Step) return;
  const auto& series = rows_[static_cast<std::size_t>(current_)].data;
  const auto range = series ? series->range() : std::nullopt;
  if (!range || series->size() < 2) return;
  const double from = std::isfinite(link_->cursor()) ? link_->cursor() : range->x1;
  const double spacing = (range->x1 - range->x0) / static_cast<double>(series->size() - 1);
  const auto sample = series->nearest(std::clamp(from + points * spacing, range->x0, range->x1));
  if (sample) link_->setCursor(sample->x);
  refresh();
}

void HeatMap::keyPressEvent(QKeyEvent* event) {
  hovered_.reset();
  switch (event->key()) {
    case Qt::Key_Up: choose(current_ - 1); return;
    case Qt::Key_Down: choose(current_ + 1); return;
    case Qt::Key_PageUp: choose(0); return;
    case Qt::Key_PageDown: choose(static_cast<int>(rows_.size()) - 1); return;
    case Qt::Key_Left: moveCursor(-1); return;
    case Qt::Key_Right: moveCursor(1); return;
    case Qt::Key_Home: link_->follow(); return;
    default: QWidget::keyPressEvent(event);
  }
}

void HeatMap::wheelEvent(QWheelEvent* event) {
  if (link_->axis() != CurveAxis::Step) return event->ignore();
  const double factor = std::pow(0.85, event->angleDelta().y() / 120.0);
  const auto [lower, upper] = xRange();
  const double centre = stepAt(event->position().x());
  link_->setRange(centre + (lower - centre) * factor, centre + (upper - centre) * factor);
}

}  // namespace slab
