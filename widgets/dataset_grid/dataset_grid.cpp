#include "widgets/dataset_grid/dataset_grid.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <algorithm>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kCachedThumbnails = 8192;  // about 25 MB at 28 x 28 x RGB32, 400 MB at 112 x 112

}  // namespace

DatasetGrid::DatasetGrid(QWidget* parent)
    : QAbstractScrollArea(parent), cache_(kCachedThumbnails), placeholder_(tr("No images")) {
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Images of the data set"));
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  connect(&theme(), &Theme::changed, this, [this] {
    updateScrollBar();
    viewport()->update();
  });
}

void DatasetGrid::reset(qint64 count) {
  ++generation_;
  count_ = std::max<qint64>(0, count);
  cache_.clear();
  pending_.clear();
  current_ = count_ > 0 ? 0 : -1;
  updateScrollBar();
  verticalScrollBar()->setValue(0);
  requestVisible();
  viewport()->update();
  emit currentChanged(current_);
}

void DatasetGrid::setThumbnails(int generation, qint64 first, const std::vector<Thumbnail>& thumbnails) {
  if (generation != generation_) return;
  pending_.remove(first / kPageSize);
  for (std::size_t i = 0; i < thumbnails.size(); ++i) {
    cache_.insert(first + static_cast<qint64>(i), new Thumbnail(thumbnails[i]));
  }
  viewport()->update();
  if (current_ >= first && current_ < first + static_cast<qint64>(thumbnails.size())) emit currentChanged(current_);
}

void DatasetGrid::forgetPage(int generation, qint64 first) {
  if (generation == generation_) pending_.remove(first / kPageSize);
}

void DatasetGrid::setThumbnailSide(int pixels) {
  side_ = std::clamp(pixels, 24, 256);
  updateScrollBar();
  requestVisible();
  viewport()->update();
}

const Thumbnail* DatasetGrid::thumbnail(qint64 position) const {
  return cache_.object(position);
}

void DatasetGrid::setPlaceholder(const QString& text) {
  placeholder_ = text;
  viewport()->update();
}

void DatasetGrid::setCurrent(qint64 position) {
  if (count_ == 0) return;
  const qint64 next = std::clamp<qint64>(position, 0, count_ - 1);
  const qint64 top = next / columns() * cellSize().height(), bottom = top + cellSize().height();
  QScrollBar* bar = verticalScrollBar();
  if (top < bar->value()) bar->setValue(static_cast<int>(top));
  if (bottom > bar->value() + viewport()->height()) bar->setValue(static_cast<int>(bottom - viewport()->height()));
  if (next != current_) {
    current_ = next;
    emit currentChanged(current_);
  }
  requestVisible();
  viewport()->update();
}

QSize DatasetGrid::cellSize() const {
  const int words = QFontMetrics(theme().font(TextRole::Small)).height();
  return {theme().px(side_) + theme().px(size::kSmall), theme().px(side_) + words + theme().px(size::kMedium)};
}

int DatasetGrid::columns() const {
  return std::max(1, viewport()->width() / cellSize().width());
}

QRect DatasetGrid::cellRect(qint64 position) const {
  const QSize cell = cellSize();
  const qint64 row = position / columns(), column = position % columns();
  // Only cells near the viewport are asked for, so the difference fits an int.
  const qint64 top = row * cell.height() - verticalScrollBar()->value();
  return {static_cast<int>(column) * cell.width(), static_cast<int>(top), cell.width(), cell.height()};
}

qint64 DatasetGrid::positionAt(QPoint point) const {
  const QSize cell = cellSize();
  const int column = point.x() / cell.width();
  if (column >= columns()) return -1;
  const qint64 position =
      (static_cast<qint64>(verticalScrollBar()->value()) + point.y()) / cell.height() * columns() + column;
  return position < count_ ? position : -1;
}

qint64 DatasetGrid::firstVisible() const {
  return std::min(count_, static_cast<qint64>(verticalScrollBar()->value()) / cellSize().height() * columns());
}

qint64 DatasetGrid::lastVisible() const {
  const qint64 row =
      (static_cast<qint64>(verticalScrollBar()->value()) + viewport()->height() - 1) / cellSize().height();
  return std::min(count_ - 1, (row + 1) * columns() - 1);
}

void DatasetGrid::updateScrollBar() {
  const qint64 rows = (count_ + columns() - 1) / columns();
  // 1.28 million images in 10 columns of 110 px are 14 million pixels: well within an int.
  const qint64 height = rows * cellSize().height();
  verticalScrollBar()->setRange(0, static_cast<int>(std::max<qint64>(0, height - viewport()->height())));
  verticalScrollBar()->setPageStep(viewport()->height());
  verticalScrollBar()->setSingleStep(cellSize().height());
}

void DatasetGrid::requestVisible() {
  if (count_ == 0 || !isVisible()) return;
  for (qint64 page = firstVisible() / kPageSize; page <= lastVisible() / kPageSize; ++page) {
    const qint64 first = page * kPageSize, size = std::min<qint64>(kPageSize, count_ - first);
    const qint64 from = std::max(first, firstVisible()), to = std::min(first + size - 1, lastVisible());
    bool isMissing = false;
    for (qint64 i = from; i <= to && !isMissing; ++i) isMissing = !cache_.contains(i);
    if (!isMissing || pending_.contains(page)) continue;
    pending_.insert(page);
    emit pageWanted(generation_, first, size);
  }
}

void DatasetGrid::paintCell(QPainter& painter, qint64 position, const QRect& cell) const {
  const Tokens& tokens = theme().tokens();
  const int side = theme().px(side_), inset = theme().px(size::kTiny);
  const QRect box(cell.left() + inset, cell.top() + inset, side, side);
  const Thumbnail* item = cache_.object(position);
  if (position == current_) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(tokens.accentBackground);
    painter.drawRoundedRect(cell.adjusted(0, 0, -1, -1), 4, 4);
  }
  if (item && !item->image.isNull()) {
    QRect shown(QPoint(), item->image.size().scaled(box.size(), Qt::KeepAspectRatio));
    shown.moveCenter(box.center());
    painter.setRenderHint(QPainter::SmoothPixmapTransform, item->image.width() > shown.width());
    painter.drawImage(shown, item->image);
  } else {
    painter.fillRect(box, tokens.field);
    painter.setPen(tokens.bad);
    if (item && !item->defect.isEmpty())
      painter.drawText(box.adjusted(4, 4, -4, -4), Qt::AlignCenter | Qt::TextWordWrap, tr("unreadable"));
  }
  if (position == current_) {
    painter.setPen(QPen(tokens.accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(cell).adjusted(1, 1, -2, -2), 4, 4);
  }
  if (!item) return;
  painter.setPen(position == current_ ? tokens.text : tokens.muted);
  const QRect words(box.left(), box.bottom() + 1, box.width(), cell.bottom() - box.bottom());
  const QString label = item->label.isEmpty() ? QString::number(item->index) : item->label;
  painter.drawText(words, Qt::AlignCenter, painter.fontMetrics().elidedText(label, Qt::ElideRight, words.width()));
}

void DatasetGrid::paintEvent(QPaintEvent*) {
  QPainter painter(viewport());
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(theme().font(TextRole::Small));
  if (count_ == 0) {
    painter.setPen(theme().tokens().muted);
    painter.drawText(viewport()->rect().adjusted(16, 16, -16, -16), Qt::AlignCenter | Qt::TextWordWrap, placeholder_);
    return;
  }
  for (qint64 position = firstVisible(); position <= lastVisible(); ++position) {
    paintCell(painter, position, cellRect(position));
  }
  requestVisible();
}

void DatasetGrid::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  updateScrollBar();
  requestVisible();
}

void DatasetGrid::scrollContentsBy(int, int) {
  requestVisible();
  viewport()->update();
}

void DatasetGrid::mousePressEvent(QMouseEvent* event) {
  if (const qint64 position = positionAt(event->position().toPoint()); position >= 0) setCurrent(position);
}

void DatasetGrid::mouseDoubleClickEvent(QMouseEvent* event) {
  if (const qint64 position = positionAt(event->position().toPoint()); position >= 0) emit activated(position);
}

void DatasetGrid::keyPressEvent(QKeyEvent* event) {
  const qint64 page = static_cast<qint64>(std::max(1, viewport()->height() / cellSize().height())) * columns();
  switch (event->key()) {
    case Qt::Key_Left: setCurrent(current_ - 1); return;
    case Qt::Key_Right: setCurrent(current_ + 1); return;
    case Qt::Key_Up: setCurrent(current_ - columns()); return;
    case Qt::Key_Down: setCurrent(current_ + columns()); return;
    case Qt::Key_PageUp: setCurrent(current_ - page); return;
    case Qt::Key_PageDown: setCurrent(current_ + page); return;
    case Qt::Key_Home: setCurrent(0); return;
    case Qt::Key_End: setCurrent(count_ - 1); return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (current_ >= 0) emit activated(current_);
      return;
    default: QAbstractScrollArea::keyPressEvent(event);
  }
}

}  // namespace slab
