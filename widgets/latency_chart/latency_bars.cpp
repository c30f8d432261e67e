#include "widgets/latency_chart/latency_bars.h"

#include <QStringList>
#include <algorithm>

namespace slab {
namespace {

constexpr double kAxisHeight = 40.0;

}  // namespace

LatencyBars::LatencyBars(QWidget* parent) : Figure(parent), unit_(tr("ms per image")) {
  setAccessibleName(tr("Latency bars"));
}

void LatencyBars::setRows(std::vector<LatencyRow> rows) {
  rows_ = std::move(rows);
  QStringList words;
  for (const LatencyRow& row : rows_) {
    if (row.measured) words << tr("%1: %2 ms").arg(row.label, formatMilliseconds(row.p50));
  }
  setAccessibleDescription(words.join("; "));
  updateGeometry();
  update();
}

void LatencyBars::setUnit(const QString& unit) {
  unit_ = unit;
  update();
}

void LatencyBars::setRowGeometry(double top, double height) {
  top_ = top;
  rowHeight_ = height;
  updateGeometry();
  update();
}

QSize LatencyBars::sizeHint() const {
  const double rows = static_cast<double>(rows_.size()) * (rowHeight_ > 0 ? rowHeight_ : theme().px(38));
  return {theme().px(480), static_cast<int>(top_ + rows) + theme().px(kAxisHeight)};
}

QSize LatencyBars::minimumSizeHint() const {
  return {theme().px(220), sizeHint().height()};
}

void LatencyBars::paintFigure(QPainter& painter, const QRectF& area, const Tokens& tokens) const {
  painter.setFont(theme().font(TextRole::Small));
  double largest = 0.0;
  for (const LatencyRow& row : rows_) largest = std::max(largest, row.measured ? std::max(row.p99, row.p50) : 0.0);
  const double axis = theme().px(kAxisHeight);
  const double labelRoom = painter.fontMetrics().horizontalAdvance("000.0") + theme().px(16);
  const std::vector<double> ticks = niceTicks(0.0, largest > 0 ? largest : 1.0, 5);
  const double zero = area.left() + theme().px(8);
  const double right = area.right() - labelRoom;
  const double scale = (right - zero) / ticks.back();
  const double count = std::max<double>(1.0, static_cast<double>(rows_.size()));
  const double height = rowHeight_ > 0 ? rowHeight_ : (area.height() - axis) / count;
  const double bottom = area.top() + top_ + height * count;

  for (const double tick : ticks) {
    const double x = zero + tick * scale;
    painter.setPen(QPen(tick == 0.0 ? tokens.line : tokens.grid, 1));
    painter.drawLine(QPointF(x, area.top() + top_), QPointF(x, bottom));
    if (largest <= 0) continue;
    painter.setPen(tokens.muted);
    painter.drawText(QRectF(x - 40, bottom + theme().px(4), 80, axis / 2), Qt::AlignHCenter | Qt::AlignTop,
                     formatTick(tick, ticks));
  }
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const QRectF band(area.left(), area.top() + top_ + static_cast<double>(i) * height, area.width(), height);
    if (rows_[i].measured) paintBar(painter, rows_[i], band, zero, scale, tokens);
  }
  painter.setPen(tokens.muted);
  painter.drawText(QRectF(area.left(), bottom + axis / 2, area.width() - theme().px(8), axis / 2),
                   Qt::AlignRight | Qt::AlignVCenter, tr("%1: p50, whisker to p99, mark: mean").arg(unit_));
}

void LatencyBars::paintBar(QPainter& painter, const LatencyRow& row, const QRectF& band, double zero,
                           double pixelsPerMs, const Tokens& tokens) const {
  const QColor colour = seriesStyle(tokens, row.series).colour;
  const double middle = band.center().y(), thickness = std::min<double>(theme().px(18), band.height() * 0.6);
  const QRectF bar(zero, middle - thickness / 2, row.p50 * pixelsPerMs, thickness);
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  painter.drawRoundedRect(bar, 2, 2);

  const double whisker = zero + row.p99 * pixelsPerMs, cap = theme().px(5);
  painter.setPen(QPen(tokens.text, 0.08 * thickness));
  painter.drawLine(QPointF(bar.right(), middle), QPointF(whisker, middle));
  painter.drawLine(QPointF(whisker, middle - cap), QPointF(whisker, middle + cap));

  // The mean with its interval: a short line and a dot, outlined so that they show on bar and panel.
  const double meanX = zero + row.mean * pixelsPerMs;
  const QLineF interval(zero + row.meanLow * pixelsPerMs, middle, zero + row.meanHigh * pixelsPerMs, middle);
  if (interval.length() > 8.0) {
    painter.setPen(QPen(tokens.panel, 4));
    painter.drawLine(interval);
    painter.setPen(QPen(tokens.text, 2));
    painter.drawLine(interval);
  }
  painter.setPen(QPen(tokens.panel, 1.2));
  painter.setBrush(tokens.text);
  painter.drawEllipse(QPointF(meanX, middle), 0.18 * thickness, 0.18 * thickness);

  painter.setPen(tokens.text);
  painter.drawText(QRectF(whisker + theme().px(6), band.top(), band.right() - whisker, band.height()),
                   Qt::AlignVCenter | Qt::AlignLeft, formatMilliseconds(row.p50));
}

}  // namespace slab
