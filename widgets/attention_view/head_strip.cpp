#include "widgets/attention_view/head_strip.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kThumbnail = 120;
constexpr double kDimming = 0.4;

}  // namespace

HeadStripCanvas::HeadStripCanvas(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Heads of this layer"));
}

int HeadStripCanvas::side() const {
  return theme().px(kThumbnail);
}

QRect HeadStripCanvas::cell(int head) const {
  const int gap = theme().px(size::kMedium), margin = theme().px(size::kTiny);
  return {margin + head * (side() + gap), margin, side(), side()};
}

QSize HeadStripCanvas::sizeHint() const {
  const int count = std::max<int>(1, static_cast<int>(heads.size()));
  const int words = QFontMetrics(theme().font(TextRole::Small)).height() + theme().px(size::kSmall);
  return {cell(count - 1).right() + 1 + theme().px(size::kTiny), cell(0).bottom() + 1 + words};
}

void HeadStripCanvas::refresh() {
  setAccessibleDescription(tr("Head %1 of %2").arg(current).arg(heads.size()));
  updateGeometry();
  adjustSize();
  update();
}

void HeadStripCanvas::paintHead(QPainter& painter, int head) const {
  const QRect box = cell(head);
  painter.setRenderHint(QPainter::SmoothPixmapTransform, image.width() > box.width());
  if (image.isNull()) {
    painter.fillRect(box, theme().tokens().field);
  } else {
    painter.drawImage(box, image);
    painter.setOpacity(kDimming);
    painter.fillRect(box, QColor(0x10, 0x12, 0x16));
    painter.setOpacity(1.0);
  }
  const TokenMap& map = heads[static_cast<std::size_t>(head)];
  if (!map.empty()) {
    const ValueScale range = scale ? *scale : ownScale(shownValues(map, style), style.isSigned());
    painter.setRenderHint(QPainter::SmoothPixmapTransform, style.bilinear);
    painter.drawImage(box, renderOverlay(map, style, range, 4));
  }
  const bool isCurrent = head == current;
  if (isCurrent) {
    painter.setPen(QPen(theme().tokens().accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRectF(box).adjusted(-2, -2, 2, 2));
  }
  painter.setPen(isCurrent ? theme().tokens().text : theme().tokens().muted);
  painter.setFont(theme().font(TextRole::Small));
  painter.drawText(QRect(box.left(), box.bottom() + theme().px(size::kTiny), box.width(), height() - box.bottom()),
                   Qt::AlignHCenter | Qt::AlignTop, tr("head %1").arg(head));
}

void HeadStripCanvas::paintEvent(QPaintEvent* event) {
  QPainter painter(this);
  for (int head = 0; head < static_cast<int>(heads.size()); ++head) {
    const QRect box = cell(head).adjusted(-4, -4, 4, height());
    if (box.intersects(event->rect())) paintHead(painter, head);
  }
}

void HeadStripCanvas::mousePressEvent(QMouseEvent* event) {
  for (int head = 0; head < static_cast<int>(heads.size()); ++head) {
    if (cell(head).adjusted(0, 0, 0, height()).contains(event->position().toPoint())) {
      emit picked(head);
      return;
    }
  }
}

void HeadStripCanvas::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
  const int next = current + step;
  if (step == 0 || next < 0 || next >= static_cast<int>(heads.size())) {
    QWidget::keyPressEvent(event);
    return;
  }
  emit picked(next);
}

HeadStrip::HeadStrip(QWidget* parent) : QScrollArea(parent), canvas_(new HeadStripCanvas) {
  setWidget(canvas_);
  setFrameShape(QFrame::NoFrame);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAsNeeded);
  setFocusPolicy(Qt::NoFocus);
  canvas_->setAutoFillBackground(false);
  viewport()->setAutoFillBackground(false);
  connect(&theme(), &Theme::changed, this, [this] {
    canvas_->refresh();
    updateGeometry();
  });
  connect(canvas_, &HeadStripCanvas::picked, this, [this](int head) {
    setCurrent(head);
    emit headPicked(head);
  });
}

void HeadStrip::setImage(const QImage& image) {
  // Thumbnails are scaled once, not at each paint.
  const int largest = 2 * theme().px(kThumbnail);
  canvas_->image =
      image.width() > largest ? image.scaled(largest, largest, Qt::KeepAspectRatio, Qt::SmoothTransformation) : image;
  canvas_->update();
}

void HeadStrip::setHeads(std::vector<TokenMap> heads) {
  canvas_->heads = std::move(heads);
  canvas_->refresh();
  updateGeometry();
}

void HeadStrip::setStyle(const OverlayStyle& style) {
  canvas_->style = style;
  canvas_->update();
}

void HeadStrip::setScale(std::optional<ValueScale> scale) {
  canvas_->scale = scale;
  canvas_->update();
}

void HeadStrip::setCurrent(int head) {
  canvas_->current = head;
  canvas_->refresh();
  const QRect box = canvas_->cell(head);
  ensureVisible(box.center().x(), box.center().y(), box.width() / 2 + 8, 0);
}

int HeadStrip::current() const {
  return canvas_->current;
}
int HeadStrip::count() const {
  return static_cast<int>(canvas_->heads.size());
}

QSize HeadStrip::sizeHint() const {
  return {canvas_->sizeHint().width(), canvas_->sizeHint().height() + theme().px(size::kSmall)};
}

}  // namespace slab
