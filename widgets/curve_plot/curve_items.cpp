#include "widgets/curve_plot/curve_items.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QColor tintOf(Phase::Kind kind, const Tokens& t) {
  switch (kind) {
    case Phase::Kind::Warm: return mix(t.panel, t.warning, 0.14);
    case Phase::Kind::Transition: return mix(t.panel, t.series[0], 0.06);
    case Phase::Kind::Final: return mix(t.panel, t.series[2], 0.13);
  }
  return t.panel;
}

double clampToAxis(const QCPAxis* axis, double x) {
  return std::clamp(x, axis->range().lower, axis->range().upper);
}

}  // namespace

PhaseItem::PhaseItem(QCustomPlot* plot, const QString& layer) : QCPAbstractItem(plot) {
  setLayer(layer);
}

void PhaseItem::draw(QCPPainter* painter) {
  const QCPAxis* x = mParentPlot->xAxis;
  const QRect area = mParentPlot->axisRect()->rect();
  painter->setFont(theme().font(TextRole::Small));
  for (const Phase& phase : phases_) {
    const double left = x->coordToPixel(clampToAxis(x, phase.from)), right = x->coordToPixel(clampToAxis(x, phase.to));
    if (right - left < 0.5) continue;
    const QRectF band(left, area.top(), right - left, area.height());
    painter->fillRect(band, tintOf(phase.kind, tokens_));
    painter->setPen(tokens_.muted);
    if (painter->fontMetrics().horizontalAdvance(phase.label) + 4 > band.width()) continue;
    painter->drawText(band.adjusted(0, 3, 0, 0), Qt::AlignTop | Qt::AlignHCenter, phase.label);
  }
}

CursorItem::CursorItem(QCustomPlot* plot, const QString& layer) : QCPAbstractItem(plot) {
  setLayer(layer);
}

void CursorItem::draw(QCPPainter* painter) {
  const QCPAxis* x = mParentPlot->xAxis;
  if (!std::isfinite(x_) || !x->range().contains(x_)) return;
  const QRect area = mParentPlot->axisRect()->rect();
  painter->setPen(QPen(colour_, 1));
  const double at = std::round(x->coordToPixel(x_)) + 0.5;
  painter->drawLine(QLineF(at, area.top(), at, area.bottom()));
}

RailItem::RailItem(QCustomPlot* plot, const QString& layer) : QCPAbstractItem(plot) {
  setLayer(layer);
}

void RailItem::draw(QCPPainter* painter) {
  const QCPAxis* x = mParentPlot->xAxis;
  const QRect area = mParentPlot->axisRect()->rect();
  const int size = theme().px(8);
  double free = area.left();
  painter->setFont(font_);
  for (const RailMark& mark : marks_) {
    if (!x->range().contains(mark.x)) continue;
    const double at = x->coordToPixel(mark.x), top = area.top() + theme().px(2);
    painter->setPen(Qt::NoPen);
    painter->setBrush(mark.colour);
    painter->drawPolygon(QPolygonF{{at - size / 2.0, top}, {at + size / 2.0, top}, {at, top + size * 0.85}});
    const double width = painter->fontMetrics().horizontalAdvance(mark.words) + theme().px(4);
    const bool goesLeft = at + size + width > area.right();
    const double start = goesLeft ? at - size - width : at + size;
    if (start < free) continue;
    free = start + width;
    painter->setPen(mark.colour);
    painter->drawText(QRectF(start, top - theme().px(3), width, theme().px(15)), Qt::AlignVCenter | Qt::AlignLeft,
                      mark.words);
  }
}

HandleItem::HandleItem(QCustomPlot* plot, const QString& layer) : QCPAbstractItem(plot) {
  setLayer(layer);
}

void HandleItem::setStyle(const QColor& ring, const Tokens& tokens, const QFont& font) {
  ring_ = ring;
  tokens_ = tokens;
  font_ = font;
}

QPointF HandleItem::pixel() const {
  return {mParentPlot->xAxis->coordToPixel(at_.x()), mParentPlot->yAxis->coordToPixel(at_.y())};
}

void HandleItem::draw(QCPPainter* painter) {
  const QPointF at = pixel();
  const QRect area = mParentPlot->axisRect()->rect();
  painter->setAntialiasing(true);
  painter->setPen(QPen(ring_, theme().px(2)));
  painter->setBrush(isCurrent_ ? ring_ : tokens_.panel);
  painter->drawEllipse(at, theme().px(5), theme().px(5));
  if (words_.isEmpty()) return;
  painter->setFont(font_);
  const double width = painter->fontMetrics().horizontalAdvance(words_) + theme().px(8), height = theme().px(16);
  const double left = std::clamp(at.x() - width - theme().px(8), double(area.left()), area.right() - width);
  const QRectF box(left, at.y() - height - theme().px(6), width, height);
  QColor back = tokens_.panel;
  back.setAlphaF(0.82F);
  painter->setPen(Qt::NoPen);
  painter->setBrush(back);
  painter->drawRoundedRect(box, 3, 3);
  painter->setPen(tokens_.text);
  painter->drawText(box, Qt::AlignCenter, words_);
}

QString tickText(double value) {
  const double size = std::abs(value);
  if (size < 1e-300) return QStringLiteral("0");
  const auto short3 = [](double v) { return QString::number(v, 'g', 4); };
  if (size >= 1e9) return short3(value / 1e9) + "G";
  if (size >= 1e6) return short3(value / 1e6) + "M";
  if (size >= 1e3) return short3(value / 1e3) + "k";
  if (size >= 1e-3) return short3(value);
  QString text = QString::number(value, 'g', 3);
  return text.replace("e-0", "e-");
}

double DurationTicker::getTickStep(const QCPRange& range) {
  static constexpr std::array kSteps{1.,   2.,   5.,    10.,   15.,   30.,    60.,    120.,   300.,
                                     600., 900., 1800., 3600., 7200., 14400., 21600., 43200., 86400.};
  const double wanted = range.size() / (tickCount() + 1e-10);
  const auto* step = std::find_if(kSteps.begin(), kSteps.end(), [wanted](double s) { return s >= wanted; });
  return step == kSteps.end() ? cleanMantissa(wanted / 86400.0) * 86400.0 : *step;
}

QString DurationTicker::getTickLabel(double tick, const QLocale&, QChar, int) {
  return tick < 0 ? QString() : QString::fromStdString(formatDuration(tick));
}

}  // namespace slab
