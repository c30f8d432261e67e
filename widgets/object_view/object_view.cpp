#include "widgets/object_view/object_view.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <algorithm>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

/// What objects lie on while their picture is not there; small, since it is one colour.
QImage plainGround(QSize pixels) {
  QImage ground(pixels.scaled(QSize(256, 256), Qt::KeepAspectRatio).expandedTo({1, 1}), QImage::Format_RGB32);
  const Tokens& tokens = theme().tokens();
  ground.fill(mix(tokens.field, tokens.text, 0.12));
  return ground;
}

}  // namespace

ObjectView::ObjectView(QWidget* parent) : PictureView(parent) {
  setPixelGrid(false);
  setPlaceholder(tr("Select an image"));
  connect(&theme(), &Theme::changed, this, [this] {
    painter_.reset();
    update();
  });
  describe();
}

void ObjectView::setScene(const QImage& picture, QSize pixels) {
  pixels_ = pixels;
  setImage(picture.isNull() && !pixels.isEmpty() ? plainGround(pixels) : picture);
}

void ObjectView::setObjects(std::vector<ViewObject> objects) {
  objects_ = std::move(objects);
  painter_.reset();
  current_ = -1;
  setHovered(-1);
  describe();
  update();
}

void ObjectView::setStyle(const ObjectStyle& style) {
  if (style == style_) return;
  style_ = style;
  painter_.reset();
  update();
}

void ObjectView::setCurrent(int index) {
  const int next = index >= 0 && index < static_cast<int>(objects_.size()) ? index : -1;
  if (next == current_) return;
  current_ = next;
  describe();
  update();
}

void ObjectView::pick(int index) {
  setCurrent(index);
  emit objectPicked(current_);
}

void ObjectView::setHovered(int index) {
  if (index == hovered_) return;
  hovered_ = index;
  setCursor(index >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
  setToolTip(index >= 0 ? wordsOf(objects_[static_cast<std::size_t>(index)]) : QString());
  update();
  emit objectHovered(index);
}

QRectF ObjectView::objectRect(int index) const {
  const QRectF shown = imageRect();
  if (shown.isEmpty() || pixels_.isEmpty() || index < 0 || index >= static_cast<int>(objects_.size())) return {};
  const QRectF& box = objects_[static_cast<std::size_t>(index)].box;
  const double x = shown.width() / pixels_.width(), y = shown.height() / pixels_.height();
  return {shown.left() + box.left() * x, shown.top() + box.top() * y, box.width() * x, box.height() * y};
}

int ObjectView::objectAt(QPointF widgetPoint) const {
  constexpr double kReach = 3;  // a box of a pixel or two can be hit as well
  int best = -1;
  double least = 0;
  for (int i = 0; i < static_cast<int>(objects_.size()); ++i) {
    const QRectF box = objectRect(i).adjusted(-kReach, -kReach, kReach, kReach);
    if (!box.contains(widgetPoint)) continue;
    const double area = box.width() * box.height();
    const bool isFound = objects_[static_cast<std::size_t>(i)].kind == ViewObject::Kind::Found;
    if (best < 0 || area < least || (area == least && isFound)) {
      best = i;
      least = area;
    }
  }
  return best;
}

void ObjectView::paintOverlay(QPainter& painter) {
  if (!painter_) painter_ = std::make_unique<ObjectPainter>(objects_, style_, theme().tokens(), theme().px(10) / 10.0);
  painter.setFont(theme().font(TextRole::Small));
  painter_->paint(painter, pixels_, imageRect(), current_, hovered_);
}

QImage ObjectView::picture(double scale) const {
  if (image().isNull() || pixels_.isEmpty()) return {};
  const QSize size = (QSizeF(pixels_) * scale).toSize().expandedTo({1, 1});
  QImage result(size, QImage::Format_RGB32);
  QPainter painter(&result);
  painter.setRenderHint(QPainter::SmoothPixmapTransform);
  painter.drawImage(QRectF(QPointF(), QSizeF(size)), image());
  painter.setFont(theme().font(TextRole::Small));
  ObjectPainter(objects_, style_, theme().tokens(), theme().px(10) / 10.0)
      .paint(painter, pixels_, QRectF(QPointF(), QSizeF(size)), current_, -1);
  return result;
}

void ObjectView::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton && event->modifiers() == Qt::NoModifier)
    return pick(objectAt(event->position()));
  PictureView::mousePressEvent(event);
}

void ObjectView::mouseDoubleClickEvent(QMouseEvent* event) {
  const int index = objectAt(event->position());
  if (index >= 0) emit objectActivated(index);
}

void ObjectView::mouseMoveEvent(QMouseEvent* event) {
  if (event->buttons() == Qt::NoButton) setHovered(objectAt(event->position()));
  PictureView::mouseMoveEvent(event);
}

void ObjectView::leaveEvent(QEvent*) {
  setHovered(-1);
}

void ObjectView::keyPressEvent(QKeyEvent* event) {
  const auto count = static_cast<int>(objects_.size());
  switch (event->key()) {
    case Qt::Key_Period:
      if (count > 0) pick((current_ + 1) % count);
      return;
    case Qt::Key_Comma:
      if (count > 0) pick((std::max(current_, 0) + count - 1) % count);
      return;
    case Qt::Key_Escape: return pick(-1);
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (current_ >= 0) emit objectActivated(current_);
      return;
    case Qt::Key_PageDown: emit stepWanted(1); return;
    case Qt::Key_PageUp: emit stepWanted(-1); return;
    default: PictureView::keyPressEvent(event);
  }
}

void ObjectView::describe() {
  setAccessibleName(tr("Image with its objects"));
  const QString words = current_ < 0 ? QString() : wordsOf(objects_[static_cast<std::size_t>(current_)]);
  setAccessibleDescription(
      tr("%n object(s). ", nullptr, static_cast<int>(objects_.size())) +
      (words.isEmpty() ? tr("Full stop and comma go through them.") : tr("In front: %1").arg(words)));
}

}  // namespace slab
