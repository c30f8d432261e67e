#include "widgets/picture_view/picture_view.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr double kMaximumZoom = 64.0;
constexpr double kZoomStep = 1.25;
constexpr double kPanStep = 32.0;       // widget pixels a key press
constexpr double kGridFromScale = 8.0;  // widget pixels per image pixel

}  // namespace

QImage toQImage(const Image& image) {
  if (image.empty() || image.width <= 0 || image.height <= 0) return {};
  const QImage::Format format = image.channels == 1   ? QImage::Format_Grayscale8
                                : image.channels == 4 ? QImage::Format_RGBA8888
                                                      : QImage::Format_RGB888;
  return QImage(image.pixels.data(), image.width, image.height, static_cast<qsizetype>(image.rowBytes()), format)
      .copy();
}

PictureView::PictureView(QWidget* parent) : QWidget(parent), placeholder_(tr("No image")) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAccessibleName(tr("Image"));
}

void PictureView::setImage(const QImage& image) {
  image_ = image;
  update();
}

void PictureView::setViewport(const ImageViewport& viewport) {
  ImageViewport limited = viewport;
  limited.zoom = std::clamp(limited.zoom, 1.0, kMaximumZoom);
  const double margin = 0.5 / limited.zoom;
  limited.centre.setX(std::clamp(limited.centre.x(), margin, 1.0 - margin));
  limited.centre.setY(std::clamp(limited.centre.y(), margin, 1.0 - margin));
  if (limited == viewport_) return;
  viewport_ = limited;
  update();
}

void PictureView::moveTo(ImageViewport viewport) {
  const ImageViewport before = viewport_;
  setViewport(viewport);
  if (!(viewport_ == before)) emit viewportChanged(viewport_);
}

QRectF PictureView::imageRect() const {
  if (image_.isNull()) return {};
  const QSizeF fitted = QSizeF(image_.size()).scaled(QSizeF(size()), Qt::KeepAspectRatio);
  const QSizeF shown = fitted * viewport_.zoom;
  const QPointF middle = QRectF(rect()).center();
  return {middle.x() - viewport_.centre.x() * shown.width(), middle.y() - viewport_.centre.y() * shown.height(),
          shown.width(), shown.height()};
}

QPointF PictureView::toImage(QPointF widgetPoint) const {
  const QRectF shown = imageRect();
  if (shown.isEmpty()) return {-1.0, -1.0};
  return {(widgetPoint.x() - shown.left()) / shown.width() * image_.width(),
          (widgetPoint.y() - shown.top()) / shown.height() * image_.height()};
}

void PictureView::zoomAround(QPointF widgetPoint, double factor) {
  const QRectF before = imageRect();
  if (before.isEmpty()) return;
  ImageViewport next = viewport_;
  next.zoom = std::clamp(viewport_.zoom * factor, 1.0, kMaximumZoom);
  const double grown = next.zoom / viewport_.zoom;
  // The image point under `widgetPoint` stays where it is.
  const QPointF middle = QRectF(rect()).center();
  const QPointF offset = widgetPoint - middle;
  next.centre +=
      QPointF(offset.x() * (1.0 - 1.0 / grown) / before.width(), offset.y() * (1.0 - 1.0 / grown) / before.height());
  moveTo(next);
}

void PictureView::fit() {
  moveTo({});
}

void PictureView::panBy(QPointF widgetDelta) {
  const QRectF shown = imageRect();
  if (shown.isEmpty()) return;
  ImageViewport next = viewport_;
  next.centre -= QPointF(widgetDelta.x() / shown.width(), widgetDelta.y() / shown.height());
  moveTo(next);
}

void PictureView::setDimming(double amount) {
  dimming_ = std::clamp(amount, 0.0, 1.0);
  update();
}

void PictureView::setPixelGrid(bool visible) {
  pixelGrid_ = visible;
  update();
}

void PictureView::setPlaceholder(const QString& text) {
  placeholder_ = text;
  update();
}

void PictureView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  if (image_.isNull()) {
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(rect().adjusted(12, 12, -12, -12), Qt::AlignCenter | Qt::TextWordWrap, placeholder_);
  } else {
    const QRectF shown = imageRect();
    const double scale = shown.width() / image_.width();
    // Enlarged pixels stay square: what the network saw is not a smooth picture.
    painter.setRenderHint(QPainter::SmoothPixmapTransform, scale * devicePixelRatioF() < 1.0);
    painter.drawImage(shown, image_);
    if (dimming_ > 0.0) {
      painter.setOpacity(dimming_);
      painter.fillRect(shown, QColor(0x10, 0x12, 0x16));
      painter.setOpacity(1.0);
    }
    if (pixelGrid_ && scale >= kGridFromScale * theme().fontScale() && dimming_ == 0.0) paintPixelGrid(painter);
    paintOverlay(painter);
  }
  if (hasFocus()) {
    painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
  }
}

void PictureView::paintPixelGrid(QPainter& painter) const {
  const QRectF shown = imageRect();
  const QRectF visible = shown.intersected(QRectF(rect()));
  painter.setPen(QPen(QColor(128, 128, 128, 70), 0));
  for (int x = 0; x <= image_.width(); ++x) {
    const double at = shown.left() + shown.width() * x / image_.width();
    if (at >= visible.left() && at <= visible.right())
      painter.drawLine(QLineF(at, visible.top(), at, visible.bottom()));
  }
  for (int y = 0; y <= image_.height(); ++y) {
    const double at = shown.top() + shown.height() * y / image_.height();
    if (at >= visible.top() && at <= visible.bottom())
      painter.drawLine(QLineF(visible.left(), at, visible.right(), at));
  }
}

void PictureView::wheelEvent(QWheelEvent* event) {
  zoomAround(event->position(), std::pow(kZoomStep, event->angleDelta().y() / 120.0));
  event->accept();
}

void PictureView::mousePressEvent(QMouseEvent* event) {
  const bool pan = event->button() == Qt::MiddleButton ||
                   (event->button() == Qt::LeftButton && event->modifiers().testFlag(Qt::ShiftModifier));
  if (!pan) {
    QWidget::mousePressEvent(event);
    return;
  }
  panning_ = true;
  lastDrag_ = event->position();
  setCursor(Qt::ClosedHandCursor);
}

void PictureView::mouseMoveEvent(QMouseEvent* event) {
  if (!panning_) return;
  panBy(event->position() - lastDrag_);
  lastDrag_ = event->position();
}

void PictureView::mouseReleaseEvent(QMouseEvent*) {
  if (!panning_) return;
  panning_ = false;
  unsetCursor();
}

void PictureView::keyPressEvent(QKeyEvent* event) {
  const QPointF middle = QRectF(rect()).center();
  switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal: zoomAround(middle, kZoomStep); return;
    case Qt::Key_Minus: zoomAround(middle, 1.0 / kZoomStep); return;
    case Qt::Key_0: fit(); return;
    case Qt::Key_Left: panBy({kPanStep, 0}); return;
    case Qt::Key_Right: panBy({-kPanStep, 0}); return;
    case Qt::Key_Up: panBy({0, kPanStep}); return;
    case Qt::Key_Down: panBy({0, -kPanStep}); return;
    default: QWidget::keyPressEvent(event);
  }
}

void PictureView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  update();
}

}  // namespace slab
