#include "widgets/heat_map/heat_map.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "core/base/format.h"
#include "widgets/curve_plot/curve_items.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr double kRowHeight = 26.0;  // at most, at 100 %
constexpr double kLeastRowHeight = 6.0;
constexpr double kLabelShare = 0.36;  // of the width, at most

QFontMetrics smallMetrics() {
  return QFontMetrics(theme().font(TextRole::Small));
}

int widest(const std::vector<HeatRow>& rows, QString HeatRow::*text) {
  const QFontMetrics metrics = smallMetrics();
  int width = 0;
  for (const HeatRow& row : rows) width = std::max(width, metrics.horizontalAdvance(row.*text));
  return width;
}

/// 1, 2 or 5 times a power of ten, about six to the range.
double tickStep(double range) {
  const double rough = range / 6, power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

}  // namespace

HeatMap::HeatMap(const QString& accessibleName, QWidget* parent) : QWidget(parent), link_(&ownLink_) {
  setAccessibleName(accessibleName);
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  connect(&theme(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
  setLink(nullptr);
}

void HeatMap::setLink(CurveLink* link) {
  if (link_ != nullptr) link_->disconnect(this);
  link_ = link != nullptr ? link : &ownLink_;
  connect(link_, &CurveLink::rangeChanged, this, qOverload<>(&QWidget::update));
  connect(link_, &CurveLink::cursorChanged, this, qOverload<>(&QWidget::update));
  update();
}

void HeatMap::setRows(std::vector<HeatRow> rows) {
  rows_ = std::move(rows);
  setCurrentRow(current_);
  updateGeometry();
}

void HeatMap::setScale(const QString& quantity, const HeatScale& scale) {
  quantity_ = quantity;
  scale_ = scale;
  refresh();
}

void HeatMap::setXExtent(double lower, double upper) {
  extent_ = upper > lower ? std::optional(std::pair(lower, upper)) : std::nullopt;
  update();
}

void HeatMap::setEmptyText(const QString& words) {
  empty_ = words;
  update();
}

void HeatMap::setCurrentRow(int row) {
  current_ = std::clamp(row, 0, std::max(0, static_cast<int>(rows_.size()) - 1));
  refresh();
}

void HeatMap::refresh() {
  setAccessibleDescription(isEmpty() ? empty_ : words());
  update();
}

bool HeatMap::isEmpty() const {
  return std::none_of(rows_.begin(), rows_.end(), [](const HeatRow& row) { return row.data && row.data->size() > 0; });
}

QSize HeatMap::sizeHint() const {
  return {theme().px(420), theme().px(60) + static_cast<int>(rows_.size()) * theme().px(16)};
}

QSize HeatMap::minimumSizeHint() const {
  return {theme().px(240), theme().px(60) + static_cast<int>(rows_.size()) * theme().px(kLeastRowHeight)};
}

QRectF HeatMap::mapRect() const {
  const int side = theme().px(size::kMedium), gap = theme().px(size::kSmall), line = smallMetrics().height();
  const double most = kLabelShare * width();
  const double left = side + std::min<double>(widest(rows_, &HeatRow::name) + theme().px(12), most) + gap;
  const int note = widest(rows_, &HeatRow::note);
  const double right = width() - side - (note > 0 ? note + gap : 0);
  const double top = line + theme().px(size::kSmall);
  const double room = height() - top - line - theme().px(size::kSmall);
  const auto count = static_cast<double>(std::max<std::size_t>(1, rows_.size()));
  return {left, top, std::max(1.0, right - left), std::min(room, count * theme().px(kRowHeight))};
}

QRectF HeatMap::rowRect(int row) const {
  const QRectF map = mapRect();
  const double height = map.height() / static_cast<double>(std::max<std::size_t>(1, rows_.size()));
  const double gap = height > 10 ? 1 : 0;
  return {map.left(), map.top() + row * height, map.width(), std::max(1.0, height - gap)};
}

std::pair<double, double> HeatMap::xRange() const {
  if (link_->axis() == CurveAxis::Step && !link_->isFollowing()) return {link_->lower(), link_->upper()};
  auto [lower, upper] = extent_.value_or(std::pair(0.0, 1.0));
  for (const HeatRow& row : rows_) {
    const auto range = row.data ? row.data->range() : std::nullopt;
    if (range) upper = std::max(upper, range->x1);
  }
  return {lower, upper};
}

double HeatMap::stepAt(double x) const {
  const auto [lower, upper] = xRange();
  const QRectF map = mapRect();
  return lower + (upper - lower) * (x - map.left()) / map.width();
}

double HeatMap::pixelOf(double step) const {
  const auto [lower, upper] = xRange();
  const QRectF map = mapRect();
  return map.left() + map.width() * (step - lower) / (upper - lower);
}

QString HeatMap::words() const {
  const auto row = static_cast<std::size_t>(hovered_.value_or(current_));
  if (row >= rows_.size()) return {};
  const HeatRow& shown = rows_[row];
  const auto range = shown.data ? shown.data->range() : std::nullopt;
  const bool isAtCursor = link_->axis() == CurveAxis::Step && std::isfinite(link_->cursor());
  const double at = isAtCursor ? link_->cursor() : range ? range->x1 : 0;
  const auto sample = shown.data ? shown.data->nearest(at) : std::nullopt;
  if (!sample) return tr("%1: no value yet").arg(shown.name);
  return tr("%1, step %2: %3 %4")
      .arg(shown.name, QString::fromStdString(formatInteger(sample->step, true)), quantity_,
           QString::fromStdString(formatNumber(sample->value, 3)));
}

QImage HeatMap::renderRow(const HeatRow& row, int columns) const {
  QImage image(std::max(columns, 1), 1, QImage::Format_ARGB32);
  image.fill(Qt::transparent);
  if (!row.data) return image;
  const auto [lower, upper] = xRange();
  const auto cells = heatCells(*row.data, lower, upper, image.width());
  const QRgb bad = theme().tokens().bad.rgb();
  auto* pixels = reinterpret_cast<QRgb*>(image.scanLine(0));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i]) pixels[i] = std::isfinite(*cells[i]) ? colourAt(scale_.map, positionOf(*cells[i], scale_)) : bad;
  }
  return image;
}

void HeatMap::paintRow(QPainter& painter, int row) const {
  const Tokens& t = theme().tokens();
  const HeatRow& shown = rows_[static_cast<std::size_t>(row)];
  const QRectF cells = rowRect(row);
  painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
  painter.drawImage(cells, renderRow(shown, static_cast<int>(cells.width() * devicePixelRatioF())));
  const QFontMetrics metrics = smallMetrics();
  // Rows lower than a line of text: every second, third ... has its name, and the current one.
  const int every = static_cast<int>(std::ceil(0.8 * metrics.height() / std::max(1.0, cells.height())));
  if (row == current_) {
    painter.setPen(QPen(hasFocus() ? t.accent : t.muted, theme().px(1.5)));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(cells.adjusted(-1, -1, 1, 1));
  } else if (row % every != 0 || (every > 1 && std::abs(row - current_) < every)) {
    return;
  }
  const QRectF line(0, cells.center().y() - metrics.height() / 2.0, width(), metrics.height());
  const QRectF name(theme().px(size::kMedium), line.top(), cells.left() - theme().px(20), line.height());
  painter.setFont(theme().font(TextRole::Small));
  painter.setPen(shown.isAlarmed ? t.bad : row == current_ ? t.text : t.muted);
  const QString text = shown.isAlarmed ? QStringLiteral("\u25B2 ") + shown.name : shown.name;
  painter.drawText(name, Qt::AlignVCenter | Qt::AlignRight,
                   metrics.elidedText(text, Qt::ElideLeft, static_cast<int>(name.width())));
  painter.setPen(t.muted);
  painter.drawText(QRectF(cells.right() + theme().px(size::kSmall), line.top(), width(), line.height()),
                   Qt::AlignVCenter | Qt::AlignLeft, shown.note);
}

void HeatMap::paintAxis(QPainter& painter) const {
  const QRectF map = mapRect();
  const auto [lower, upper] = xRange();
  painter.setFont(theme().font(TextRole::Small));
  painter.setPen(theme().tokens().muted);
  const double step = tickStep(upper - lower), top = map.bottom() + theme().px(2);
  const QString unit = tr("step");
  const double free = map.right() - painter.fontMetrics().horizontalAdvance(unit) - theme().px(28);
  for (double at = std::ceil(lower / step) * step; at <= upper && pixelOf(at) <= free; at += step) {
    painter.drawText(QRectF(pixelOf(at) - 60, top, 120, painter.fontMetrics().height()), Qt::AlignCenter, tickText(at));
  }
  painter.drawText(QRectF(map.right() - 120, top, 120, painter.fontMetrics().height()), Qt::AlignRight, unit);
}

void HeatMap::paintEvent(QPaintEvent*) {
  const Tokens& t = theme().tokens();
  QPainter painter(this);
  if (isEmpty()) {
    painter.setFont(theme().font(TextRole::Body));
    painter.setPen(t.muted);
    const int side = theme().px(size::kLarge);
    painter.drawText(rect().adjusted(side, side, -side, -side), Qt::AlignCenter | Qt::TextWordWrap, empty_);
    return;
  }
  painter.setFont(theme().font(TextRole::Small));
  painter.setPen(t.text);
  const int side = theme().px(size::kMedium);
  painter.drawText(QRect(side, 0, width() - 2 * side, smallMetrics().height()), Qt::AlignVCenter | Qt::AlignLeft,
                   smallMetrics().elidedText(words(), Qt::ElideMiddle, width() - 2 * side));
  painter.setPen(Qt::NoPen);
  painter.setBrush(t.field);
  painter.drawRect(mapRect());
  for (int row = 0; row < static_cast<int>(rows_.size()); ++row) {
    if (row != current_) paintRow(painter, row);
  }
  paintRow(painter, current_);
  paintAxis(painter);
  const QRectF map = mapRect();
  const double x = link_->axis() == CurveAxis::Step ? pixelOf(link_->cursor()) : -1;
  if (x >= map.left() && x <= map.right()) {
    painter.setPen(QPen(t.panel, theme().px(3)));
    painter.drawLine(QLineF(x, map.top(), x, map.bottom()));
    painter.setPen(QPen(t.text, 1));
    painter.drawLine(QLineF(x, map.top(), x, map.bottom()));
  }
}

}  // namespace slab
