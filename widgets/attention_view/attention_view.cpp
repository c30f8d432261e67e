#include "widgets/attention_view/attention_view.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr double kDimming = 0.4;

}  // namespace

AttentionView::AttentionView(QWidget* parent) : PictureView(parent) {
  setDimming(kDimming);
  setPixelGrid(false);
  setPlaceholder(tr("No attention map yet"));
  setCursor(Qt::CrossCursor);
  describe();
}

void AttentionView::setMap(const TokenMap& map) {
  map_ = map;
  overlay_ = {};
  describe();
  update();
}

void AttentionView::clearMap() {
  setMap({});
}

void AttentionView::setStyle(const OverlayStyle& style) {
  style_ = style;
  overlay_ = {};
  update();
}

void AttentionView::setScale(std::optional<ValueScale> scale) {
  if (scale_ == scale) return;
  scale_ = scale;
  overlay_ = {};
  update();
}

ValueScale AttentionView::mapScale() const {
  return ownScale(shownValues(map_, style_), style_.isSigned());
}

ValueScale AttentionView::scale() const {
  return scale_ ? *scale_ : mapScale();
}

void AttentionView::setWindowing(int window, int shift) {
  window_ = window;
  shift_ = shift;
  update();
}

void AttentionView::setCursorToken(std::optional<QPoint> token) {
  if (cursorToken_ == token) return;
  cursorToken_ = token;
  update();
}

std::optional<QPoint> AttentionView::tokenAt(QPointF widgetPoint) const {
  if (map_.empty() || image().isNull()) return std::nullopt;
  const QPointF at = toImage(widgetPoint);
  if (at.x() < 0 || at.y() < 0 || at.x() >= image().width() || at.y() >= image().height()) return std::nullopt;
  return QPoint(std::min(static_cast<int>(at.x() * map_.columns / image().width()), map_.columns - 1),
                std::min(static_cast<int>(at.y() * map_.rows / image().height()), map_.rows - 1));
}

QRectF AttentionView::tokenRect(QPoint token) const {
  const QRectF shown = imageRect();
  if (map_.empty() || shown.isEmpty()) return {};
  const QSizeF cell(shown.width() / map_.columns, shown.height() / map_.rows);
  return {QPointF(shown.left() + token.x() * cell.width(), shown.top() + token.y() * cell.height()), cell};
}

void AttentionView::pick(QPoint token) {
  const QPoint inside(std::clamp(token.x(), 0, map_.columns - 1), std::clamp(token.y(), 0, map_.rows - 1));
  if (inside == map_.query) return;
  // The marker follows at once; the map itself when the worker has answered.
  map_.query = inside;
  update();
  emit queryPicked(inside.y(), inside.x());
}

void AttentionView::paintOverlay(QPainter& painter) {
  if (map_.empty()) return;
  if (overlay_.isNull()) overlay_ = renderOverlay(map_, style_, scale());
  if (!overlay_.isNull()) {
    painter.setRenderHint(QPainter::SmoothPixmapTransform, style_.bilinear);
    painter.drawImage(imageRect(), overlay_);
  }
  if (style_.windowBorders && window_ > 0) paintWindowBorders(painter);
  if (cursorToken_) {
    painter.setPen(QPen(QColor(255, 255, 255, 150), 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(tokenRect(*cursorToken_));
  }
  if (style_.queryMarker) paintMarker(painter);
}

void AttentionView::paintWindowBorders(QPainter& painter) const {
  const QRectF shown = imageRect();
  painter.setPen(QPen(QColor(255, 255, 255, 110), 1, Qt::DashLine));
  const int first = shift_ > 0 ? window_ - shift_ : window_;
  for (int column = first; column < map_.columns; column += window_) {
    const double x = tokenRect({column, 0}).left();
    painter.drawLine(QLineF(x, shown.top(), x, shown.bottom()));
  }
  for (int row = first; row < map_.rows; row += window_) {
    const double y = tokenRect({0, row}).top();
    painter.drawLine(QLineF(shown.left(), y, shown.right(), y));
  }
}

void AttentionView::paintMarker(QPainter& painter) const {
  QRectF token = tokenRect(map_.query);
  // Never smaller than it can be seen, whatever the grid.
  const double grow = std::max(0.0, (10.0 - token.width()) / 2.0);
  token.adjust(-grow, -grow, grow, grow);
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(Qt::black, theme().px(4), Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
  painter.drawRect(token);
  painter.setPen(QPen(Qt::white, theme().px(2), Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
  painter.drawRect(token);
}

void AttentionView::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton && event->modifiers() == Qt::NoModifier) {
    if (const auto token = tokenAt(event->position())) {
      dragging_ = true;
      pick(*token);
    }
    return;
  }
  PictureView::mousePressEvent(event);
}

void AttentionView::mouseMoveEvent(QMouseEvent* event) {
  const auto token = tokenAt(event->position());
  if (dragging_ && token) pick(*token);
  if (token != cursorToken_) {
    setCursorToken(token);
    emit cursorMoved(token ? token->y() : -1, token ? token->x() : -1);
  }
  PictureView::mouseMoveEvent(event);
}

void AttentionView::mouseReleaseEvent(QMouseEvent* event) {
  dragging_ = false;
  PictureView::mouseReleaseEvent(event);
  setCursor(Qt::CrossCursor);
}

void AttentionView::leaveEvent(QEvent*) {
  setCursorToken(std::nullopt);
  emit cursorMoved(-1, -1);
}

void AttentionView::keyPressEvent(QKeyEvent* event) {
  QPoint step;
  switch (event->key()) {
    case Qt::Key_Left: step = {-1, 0}; break;
    case Qt::Key_Right: step = {1, 0}; break;
    case Qt::Key_Up: step = {0, -1}; break;
    case Qt::Key_Down: step = {0, 1}; break;
    default: break;
  }
  if (step.isNull() || map_.empty() || event->modifiers().testFlag(Qt::ShiftModifier)) {
    PictureView::keyPressEvent(event);
    return;
  }
  pick(map_.query + step);
}

void AttentionView::describe() {
  setAccessibleName(tr("Attention map"));
  setAccessibleDescription(map_.empty() ? tr("No map")
                                        : tr("Query row %1, column %2 of %3 x %4 tokens. Arrow keys move the query.")
                                              .arg(map_.query.y())
                                              .arg(map_.query.x())
                                              .arg(map_.rows)
                                              .arg(map_.columns));
}

}  // namespace slab
