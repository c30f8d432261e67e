#include "widgets/latency_chart/time_breakdown.h"

#include <algorithm>
#include <cmath>

namespace slab {
namespace {

// Light fills with dark ink on them, told apart also by order and legend.
const QColor kFills[] = {"#8da0cb", "#e78ac3", "#66c2a5", "#fc8d62", "#e5c494", "#a6d854", "#b3b3b3"};

double sumOfParts(const LatencyRow& row) {
  double sum = 0.0;
  for (const LatencyRow::Part& part : row.parts) sum += part.milliseconds;
  return sum;
}

}  // namespace

TimeBreakdown::TimeBreakdown(QWidget* parent) : Figure(parent) {
  setAccessibleName(tr("Where the time goes"));
}

void TimeBreakdown::setRows(std::vector<LatencyRow> rows) {
  rows_ = std::move(rows);
  std::erase_if(rows_, [](const LatencyRow& row) { return row.parts.empty(); });
  QString words;
  for (const LatencyRow& row : rows_) {
    words += row.label + ": ";
    for (const LatencyRow::Part& part : row.parts) {
      words +=
          tr("%1 %2 ms, ").arg(partNames()[static_cast<std::size_t>(part.part)], formatMilliseconds(part.milliseconds));
    }
  }
  setAccessibleDescription(words);
  updateGeometry();
  update();
}

double TimeBreakdown::worstGap() const {
  double worst = std::nan("");
  for (const LatencyRow& row : rows_) {
    if (row.mean > 0) worst = std::fmax(worst, std::abs(sumOfParts(row) - row.mean) / row.mean);
  }
  return worst;
}

QSize TimeBreakdown::sizeHint() const {
  return {theme().px(560), theme().px(300)};
}

QSize TimeBreakdown::minimumSizeHint() const {
  return {theme().px(320), theme().px(64 + 24 * std::max<int>(3, static_cast<int>(rows_.size())))};
}

bool TimeBreakdown::isUsed(std::size_t part) const {
  const auto hasPart = [part](const LatencyRow::Part& p) { return static_cast<std::size_t>(p.part) == part; };
  return std::any_of(rows_.begin(), rows_.end(),
                     [&](const LatencyRow& row) { return std::any_of(row.parts.begin(), row.parts.end(), hasPart); });
}

double TimeBreakdown::paintLegend(QPainter& painter, const QRectF& area, const Tokens& tokens) const {
  const QFontMetrics metrics = painter.fontMetrics();
  const double side = theme().px(9), gap = theme().px(6), line = metrics.height() + theme().px(4);
  double x = area.left(), y = area.top();
  for (std::size_t i = 0; i < partNames().size(); ++i) {
    if (!isUsed(i)) continue;
    const double width = side + gap + metrics.horizontalAdvance(partNames()[i]);
    if (x > area.left() && x + width > area.right()) {
      x = area.left();
      y += line;
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(kFills[i]);
    painter.drawRoundedRect(QRectF(x, y + (line - side) / 2, side, side), 2, 2);
    painter.setPen(tokens.muted);
    painter.drawText(QRectF(x + side + gap, y, width, line), Qt::AlignVCenter | Qt::AlignLeft, partNames()[i]);
    x += width + theme().px(14);
  }
  return y + line;
}

void TimeBreakdown::paintRow(QPainter& painter, const LatencyRow& row, const QRectF& bar, double pixelsPerMs,
                             int decimals, const Tokens& tokens) const {
  double x = bar.left();
  for (const LatencyRow::Part& part : row.parts) {
    const QRectF piece(x, bar.top(), part.milliseconds * pixelsPerMs, bar.height());
    painter.setPen(QPen(tokens.panel, 1));
    painter.setBrush(kFills[static_cast<std::size_t>(part.part) % std::size(kFills)]);
    painter.drawRect(piece);
    const QString words = QString::number(part.milliseconds, 'f', decimals);
    if (painter.fontMetrics().horizontalAdvance(words) + theme().px(8) < piece.width()) {
      painter.setPen(kInkOnFill);
      painter.drawText(piece, Qt::AlignCenter, words);
    }
    x = piece.right();
  }
  const double rest = (row.mean - sumOfParts(row)) * pixelsPerMs;
  if (rest > 1.0) {
    painter.setPen(QPen(tokens.line, 1));
    painter.setBrush(QBrush(tokens.faint, Qt::BDiagPattern));
    painter.drawRect(QRectF(x, bar.top(), rest, bar.height()));
  }
}

void TimeBreakdown::paintFigure(QPainter& painter, const QRectF& area, const Tokens& tokens) const {
  painter.setFont(theme().font(TextRole::Small));
  const QFontMetrics metrics = painter.fontMetrics();
  const double legend = paintLegend(painter, area.adjusted(theme().px(4), 0, -theme().px(4), 0), tokens);
  double labels = 0.0, largest = 0.0;
  for (const LatencyRow& row : rows_) {
    labels = std::max<double>(labels, metrics.horizontalAdvance(row.label));
    largest = std::max({largest, row.mean, sumOfParts(row)});
  }
  if (largest <= 0.0) {
    painter.setPen(tokens.muted);
    painter.drawText(area.adjusted(16, 0, -16, 0), Qt::AlignCenter | Qt::TextWordWrap,
                     tr("Norms, projections, attention and MLP of each measured model appear here."));
    return;
  }
  const std::vector<double> ticks = niceTicks(0.0, largest, 4);
  const double axis = metrics.height() + theme().px(8);
  const double left = area.left() + labels + theme().px(16), right = area.right() - theme().px(36);
  const double top = legend + theme().px(8), bottom = area.bottom() - axis;
  const double scale = (right - left) / ticks.back();
  for (const double tick : ticks) {
    const double x = left + tick * scale;
    painter.setPen(QPen(tick == 0.0 ? tokens.line : tokens.grid, 1));
    painter.drawLine(QPointF(x, top), QPointF(x, bottom));
    painter.setPen(tokens.muted);
    painter.drawText(QRectF(x - 40, bottom, 80, axis), Qt::AlignCenter, formatTick(tick, ticks));
  }
  painter.drawText(QRectF(right, bottom, area.right() - right, axis), Qt::AlignRight | Qt::AlignVCenter, tr("ms"));
  const int decimals = largest >= 10.0 ? 1 : largest >= 1.0 ? 2 : 3;
  const double band = (bottom - top) / static_cast<double>(rows_.size());
  const double thickness = std::min<double>(theme().px(24), band * 0.7);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const double middle = top + band * (static_cast<double>(i) + 0.5);
    painter.setPen(tokens.muted);
    painter.drawText(QRectF(area.left() + theme().px(4), middle - band / 2, labels, band),
                     Qt::AlignRight | Qt::AlignVCenter, rows_[i].label);
    paintRow(painter, rows_[i], QRectF(left, middle - thickness / 2, right - left, thickness), scale, decimals, tokens);
  }
}

}  // namespace slab
