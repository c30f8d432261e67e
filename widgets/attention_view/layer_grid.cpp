#include "widgets/attention_view/layer_grid.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr double kRow = 20.0;
constexpr double kLabel = 64.0;

/// Entropy over its maximum, in [0, 1]; NaN stays NaN.
double evenness(const LayerEntry& layer, int head) {
  const auto index = static_cast<std::size_t>(head);
  if (index >= layer.entropy.size() || layer.tokens < 2) return std::nan("");
  return layer.entropy[index] / std::log(layer.tokens);
}

}  // namespace

LayerGrid::LayerGrid(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Layer and head"));
  connect(&theme(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
}

void LayerGrid::setLayers(std::vector<LayerEntry> layers) {
  layers_ = std::move(layers);
  setCurrent(layer_, head_);
  updateGeometry();
  update();
}

void LayerGrid::setEntropy(int layer, std::vector<double> entropy) {
  if (layer < 0 || layer >= static_cast<int>(layers_.size())) return;
  layers_[static_cast<std::size_t>(layer)].entropy = std::move(entropy);
  update();
}

void LayerGrid::setCurrent(int layer, int head) {
  if (layers_.empty()) {
    layer_ = head_ = 0;
    return;
  }
  layer_ = std::clamp(layer, 0, static_cast<int>(layers_.size()) - 1);
  head_ = std::clamp(head, 0, std::max(0, layers_[static_cast<std::size_t>(layer_)].heads - 1));
  setAccessibleDescription(tr("%1, head %2").arg(layers_[static_cast<std::size_t>(layer_)].name).arg(head_));
  update();
}

void LayerGrid::setColourMap(ColourMap map) {
  map_ = map;
  update();
}

int LayerGrid::columns() const {
  int most = 1;
  for (const LayerEntry& layer : layers_) most = std::max(most, layer.heads);
  return most;
}

double LayerGrid::rowHeight() const {
  return theme().px(kRow);
}

QRectF LayerGrid::cellRect(int layer, int head) const {
  const double left = theme().px(kLabel), gap = 2.0;
  const double room = width() - left - 4.0;
  const double cellWidth = std::min(room / columns(), 2.0 * rowHeight());
  return {left + head * cellWidth + gap / 2, 2.0 + layer * rowHeight() + gap / 2, cellWidth - gap, rowHeight() - gap};
}

QSize LayerGrid::sizeHint() const {
  const int rows = std::max<int>(1, static_cast<int>(layers_.size()));
  return {theme().px(kLabel) + columns() * theme().px(12) + 4, static_cast<int>(std::ceil(rows * rowHeight())) + 4};
}

void LayerGrid::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Tokens& tokens = theme().tokens();
  painter.setFont(theme().font(TextRole::Small));
  for (int layer = 0; layer < static_cast<int>(layers_.size()); ++layer) {
    const LayerEntry& entry = layers_[static_cast<std::size_t>(layer)];
    const QRectF first = cellRect(layer, 0);
    painter.setPen(tokens.muted);
    painter.drawText(QRectF(0, first.top(), first.left() - 8, first.height()), Qt::AlignVCenter | Qt::AlignLeft,
                     entry.stage);
    for (int head = 0; head < entry.heads; ++head) {
      const double even = evenness(entry, head);
      painter.setPen(std::isnan(even) ? QPen(tokens.line, 1) : QPen(Qt::NoPen));
      painter.setBrush(std::isnan(even) ? QBrush(Qt::NoBrush) : QBrush(QColor(colourAt(map_, even))));
      painter.drawRoundedRect(cellRect(layer, head), 2, 2);
    }
  }
  if (!layers_.empty()) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(tokens.panel, 4));
    painter.drawRoundedRect(cellRect(layer_, head_), 2, 2);
    painter.setPen(QPen(tokens.accent, 2));
    painter.drawRoundedRect(cellRect(layer_, head_).adjusted(-1, -1, 1, 1), 3, 3);
  }
}

bool LayerGrid::hit(QPointF at, int& layer, int& head) const {
  for (layer = 0; layer < static_cast<int>(layers_.size()); ++layer) {
    for (head = 0; head < layers_[static_cast<std::size_t>(layer)].heads; ++head) {
      if (cellRect(layer, head).adjusted(-1, -1, 1, 1).contains(at)) return true;
    }
  }
  return false;
}

void LayerGrid::choose(int layer, int head) {
  const int oldLayer = layer_, oldHead = head_;
  setCurrent(layer, head);
  if (layer_ != oldLayer || head_ != oldHead) emit picked(layer_, head_);
}

void LayerGrid::mousePressEvent(QMouseEvent* event) {
  int layer = 0, head = 0;
  if (hit(event->position(), layer, head)) choose(layer, head);
}

void LayerGrid::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Left: choose(layer_, head_ - 1); return;
    case Qt::Key_Right: choose(layer_, head_ + 1); return;
    case Qt::Key_Up: choose(layer_ - 1, head_); return;
    case Qt::Key_Down: choose(layer_ + 1, head_); return;
    default: QWidget::keyPressEvent(event);
  }
}

bool LayerGrid::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    auto* help = static_cast<QHelpEvent*>(event);
    int layer = 0, head = 0;
    if (hit(help->pos(), layer, head)) {
      const LayerEntry& entry = layers_[static_cast<std::size_t>(layer)];
      const auto index = static_cast<std::size_t>(head);
      const QString entropy =
          index < entry.entropy.size() && std::isfinite(entry.entropy[index])
              ? tr(", entropy %1 nat").arg(QString::fromStdString(formatNumber(entry.entropy[index], 3)))
              : QString();
      QToolTip::showText(help->globalPos(), tr("%1, head %2%3\n%4").arg(entry.name).arg(head).arg(entropy, entry.kind),
                         this);
      return true;
    }
  }
  return QWidget::event(event);
}

}  // namespace slab
