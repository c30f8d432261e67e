#include "widgets/latency_chart/accuracy_scatter.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace slab {

struct AccuracyScatter::Axes {
  QRectF plot;
  std::vector<double> xTicks, yTicks;

  [[nodiscard]] QPointF at(double milliseconds, double accuracy) const {
    return {plot.left() + (milliseconds - xTicks.front()) / (xTicks.back() - xTicks.front()) * plot.width(),
            plot.bottom() - (accuracy - yTicks.front()) / (yTicks.back() - yTicks.front()) * plot.height()};
  }
};

std::vector<std::size_t> paretoFront(const std::vector<AccuracyPoint>& points) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (points[a].milliseconds != points[b].milliseconds) return points[a].milliseconds < points[b].milliseconds;
    return points[a].accuracy > points[b].accuracy;
  });
  std::vector<std::size_t> front;
  for (const std::size_t i : order) {
    if (front.empty() || points[i].accuracy > points[front.back()].accuracy) front.push_back(i);
  }
  return front;
}

AccuracyScatter::AccuracyScatter(QWidget* parent)
    : Figure(parent), unit_(tr("ms per image")), valueName_(tr("top-1, %")), placeholder_(tr("Nothing measured yet")) {
  setAccessibleName(tr("Accuracy against latency"));
}

void AccuracyScatter::setPoints(std::vector<AccuracyPoint> points) {
  points_ = std::move(points);
  QString words;
  for (const AccuracyPoint& point : points_) {
    words += tr("%1: %2 ms, %3 %; ").arg(point.label).arg(point.milliseconds, 0, 'f', 2).arg(point.accuracy, 0, 'f', 1);
    if (point.high > point.low) words.chop(2), words += tr(" (%1 to %2 ms); ").arg(point.low).arg(point.high);
  }
  setAccessibleDescription(words);
  update();
}

void AccuracyScatter::setUnit(const QString& unit) {
  unit_ = unit;
  update();
}

void AccuracyScatter::setValueName(const QString& name) {
  valueName_ = name;
  setAccessibleName(tr("%1 against latency").arg(name));
  update();
}

void AccuracyScatter::setJoined(Joined joined) {
  joined_ = joined;
  update();
}

void AccuracyScatter::setPlaceholder(const QString& text) {
  placeholder_ = text;
  update();
}

void AccuracyScatter::paintFigure(QPainter& painter, const QRectF& area, const Tokens& tokens) const {
  painter.setFont(theme().font(TextRole::Small));
  if (points_.empty()) {
    painter.setPen(tokens.muted);
    painter.drawText(area.adjusted(16, 0, -16, 0), Qt::AlignCenter | Qt::TextWordWrap, placeholder_);
    return;
  }
  const auto byTime = [](const AccuracyPoint& a, const AccuracyPoint& b) { return a.milliseconds < b.milliseconds; };
  const auto byTop1 = [](const AccuracyPoint& a, const AccuracyPoint& b) { return a.accuracy < b.accuracy; };
  const auto [fast, slow] = std::minmax_element(points_.begin(), points_.end(), byTime);
  const auto [worst, best] = std::minmax_element(points_.begin(), points_.end(), byTop1);
  // A single point still gets an axis around it.
  const auto lowest = [](const AccuracyPoint& p) { return p.high > p.low ? p.low : p.milliseconds; };
  const auto highest = [](const AccuracyPoint& p) { return p.high > p.low ? p.high : p.milliseconds; };
  double first = fast->milliseconds, last = slow->milliseconds;
  for (const AccuracyPoint& point : points_) {
    first = std::min(first, lowest(point));
    last = std::max(last, highest(point));
  }
  const double timePad = std::max((last - first) * 0.1, last * 0.1);
  const double topPad = std::max((best->accuracy - worst->accuracy) * 0.1, 0.5);
  Axes axes;
  axes.xTicks = niceTicks(std::max(0.0, first - timePad), last + timePad, 4);
  axes.yTicks = niceTicks(worst->accuracy - topPad, std::min(100.0, best->accuracy + topPad), 6);
  const double left = painter.fontMetrics().horizontalAdvance("00.0") + theme().px(12);
  axes.plot = area.adjusted(left, 1.5 * painter.fontMetrics().height() + theme().px(6), -theme().px(16),
                            -2 * painter.fontMetrics().height() - theme().px(8));
  paintAxes(painter, axes, area, tokens);

  paintLines(painter, axes, tokens);
  for (const AccuracyPoint& point : points_) paintPoint(painter, axes, point, tokens);
  paintLabels(painter, axes, tokens);
}

void AccuracyScatter::paintLines(QPainter& painter, const Axes& axes, const Tokens& tokens) const {
  painter.setBrush(Qt::NoBrush);
  if (joined_ == Joined::Front) {
    QPolygonF line;
    for (const std::size_t i : paretoFront(points_)) line << axes.at(points_[i].milliseconds, points_[i].accuracy);
    painter.setPen(QPen(tokens.accent, 1.3, Qt::DashLine));
    painter.drawPolyline(line);
    return;
  }
  std::map<QString, std::vector<const AccuracyPoint*>> families;
  for (const AccuracyPoint& point : points_) {
    if (!point.family.isEmpty()) families[point.family].push_back(&point);
  }
  for (auto& [name, members] : families) {
    std::stable_sort(members.begin(), members.end(),
                     [](const auto* a, const auto* b) { return a->milliseconds < b->milliseconds; });
    QPolygonF line;
    for (const AccuracyPoint* point : members) line << axes.at(point->milliseconds, point->accuracy);
    const SeriesStyle style = seriesStyle(tokens, members.front()->series);
    painter.setPen(QPen(style.colour, 1.3, style.dash));
    painter.drawPolyline(line);
  }
}

void AccuracyScatter::paintPoint(QPainter& painter, const Axes& axes, const AccuracyPoint& point,
                                 const Tokens& tokens) const {
  const SeriesStyle style = seriesStyle(tokens, point.series);
  const QPointF at = axes.at(point.milliseconds, point.accuracy);
  const double radius = theme().px(5);
  if (point.high > point.low) {
    const QPointF low = axes.at(point.low, point.accuracy), high = axes.at(point.high, point.accuracy);
    const QPointF end(0, radius);
    painter.setPen(QPen(style.colour, 1.3));
    for (const QLineF& line : {QLineF(low, high), QLineF(low - end, low + end), QLineF(high - end, high + end)}) {
      painter.drawLine(line);
    }
  }
  painter.setPen(QPen(tokens.panel, 1));
  painter.setBrush(style.colour);
  const auto corners = [&](std::initializer_list<QPointF> points) {
    QPolygonF polygon;
    for (const QPointF& corner : points) polygon << at + radius * corner;
    painter.drawPolygon(polygon);
  };
  switch (style.marker) {
    case Marker::Disc: painter.drawEllipse(at, radius, radius); break;
    case Marker::Square: corners({{-0.9, -0.9}, {0.9, -0.9}, {0.9, 0.9}, {-0.9, 0.9}}); break;
    case Marker::Diamond: corners({{0, -1.2}, {1.2, 0}, {0, 1.2}, {-1.2, 0}}); break;
    case Marker::Triangle: corners({{0, -1.2}, {1.1, 0.9}, {-1.1, 0.9}}); break;
    case Marker::Cross:
      painter.setPen(QPen(style.colour, radius * 0.6));
      painter.drawLine(at - QPointF(radius, radius), at + QPointF(radius, radius));
      painter.drawLine(at - QPointF(radius, -radius), at + QPointF(radius, -radius));
      break;
  }
}

void AccuracyScatter::paintAxes(QPainter& painter, const Axes& axes, const QRectF& area, const Tokens& tokens) const {
  const double line = painter.fontMetrics().height();
  for (const double tick : axes.xTicks) {
    const double x = axes.at(tick, axes.yTicks.front()).x();
    painter.setPen(QPen(tokens.grid, 1));
    painter.drawLine(QPointF(x, axes.plot.top()), QPointF(x, axes.plot.bottom()));
    painter.setPen(tokens.muted);
    painter.drawText(QRectF(x - 40, axes.plot.bottom() + 4, 80, line), Qt::AlignHCenter, formatTick(tick, axes.xTicks));
  }
  for (const double tick : axes.yTicks) {
    const double y = axes.at(axes.xTicks.front(), tick).y();
    painter.setPen(QPen(tokens.grid, 1));
    painter.drawLine(QPointF(axes.plot.left(), y), QPointF(axes.plot.right(), y));
    painter.setPen(tokens.muted);
    painter.drawText(QRectF(area.left(), y - line / 2, axes.plot.left() - area.left() - theme().px(8), line),
                     Qt::AlignRight | Qt::AlignVCenter, formatTick(tick, axes.yTicks));
  }
  painter.drawText(QRectF(area.left(), area.top(), area.width(), line), Qt::AlignLeft, valueName_);
  painter.drawText(QRectF(area.left(), area.bottom() - line - 2, axes.plot.right() - area.left(), line), Qt::AlignRight,
                   unit_);
}

double AccuracyScatter::leftOf(const AccuracyPoint& point, const Axes& axes) {
  return point.high > point.low ? axes.at(point.milliseconds, 0).x() - axes.at(point.low, 0).x() : 0;
}

double AccuracyScatter::rightOf(const AccuracyPoint& point, const Axes& axes) {
  return point.high > point.low ? axes.at(point.high, 0).x() - axes.at(point.milliseconds, 0).x() : 0;
}

void AccuracyScatter::paintLabels(QPainter& painter, const Axes& axes, const Tokens& tokens) const {
  std::vector<QRectF> taken;
  const double radius = theme().px(7);
  for (const AccuracyPoint& point : points_) {
    const QPointF at = axes.at(point.milliseconds, point.accuracy);
    const double left = radius + leftOf(point, axes), right = radius + rightOf(point, axes);
    taken.emplace_back(at.x() - left, at.y() - radius, left + right, 2 * radius);
  }
  painter.setPen(tokens.text);
  const QFontMetrics metrics = painter.fontMetrics();
  for (const AccuracyPoint& point : points_) {
    const QPointF at = axes.at(point.milliseconds, point.accuracy);
    const QSizeF words(metrics.horizontalAdvance(point.label) + 2, metrics.height());
    const double left = radius + 2 + leftOf(point, axes), right = radius + 2 + rightOf(point, axes);
    const QRectF places[] = {{at + QPointF(right, -words.height() / 2), words},
                             {at + QPointF(-left - words.width(), -words.height() / 2), words},
                             {at + QPointF(-words.width() / 2, -radius - words.height()), words},
                             {at + QPointF(-words.width() / 2, radius), words}};
    const auto isFree = [&](const QRectF& place) {
      return axes.plot.adjusted(0, -words.height(), 8, 0).contains(place) &&
             std::none_of(taken.begin(), taken.end(), [&](const QRectF& other) { return other.intersects(place); });
    };
    // No free place: the name stays away rather than lying over another; the table has it.
    const auto* place = std::find_if(std::begin(places), std::end(places), isFree);
    if (place == std::end(places)) continue;
    painter.drawText(*place, Qt::AlignCenter, point.label);
    taken.push_back(*place);
  }
}

}  // namespace slab
