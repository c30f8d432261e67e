#include "widgets/attention_view/colour_bar.h"

#include <QPainter>
#include <cmath>
#include <limits>

#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr double kBarWidth = 120.0;
constexpr double kBarHeight = 10.0;

}  // namespace

QString formatWeight(double value) {
  if (value == 0.0) return QStringLiteral("0");
  QString text = QString::fromStdString(formatNumber(value, 3));
  return text.replace(QLatin1Char('-'), QChar(0x2212));
}

ColourBar::ColourBar(QWidget* parent) : QWidget(parent), mark_(std::numeric_limits<double>::quiet_NaN()) {
  setAccessibleName(tr("Colour scale"));
  connect(&theme(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
}

void ColourBar::setScale(ColourMap map, const ValueScale& scale) {
  map_ = map;
  scale_ = scale;
  setAccessibleDescription(
      tr("%1 from %2 to %3").arg(colourMapName(map), formatWeight(scale.low), formatWeight(scale.high)));
  updateGeometry();
  update();
}

void ColourBar::setMark(double value) {
  mark_ = value;
  update();
}

QStringList ColourBar::labels() const {
  // Without a scale there is nothing to read off: no numbers rather than "0 to 0".
  if (!(scale_.high > scale_.low)) return {QString(), QString()};
  return {formatWeight(scale_.low), formatWeight(scale_.high)};
}

QSize ColourBar::sizeHint() const {
  const QFontMetrics metrics(theme().font(TextRole::NumberSmall));
  const QStringList ends = labels();
  const int gaps = 4 * theme().px(size::kSmall) / 2;
  return {theme().px(kBarWidth) + metrics.horizontalAdvance(ends[0]) + metrics.horizontalAdvance(ends[1]) + gaps,
          std::max(metrics.height(), theme().px(kBarHeight) + 6)};
}

void ColourBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setFont(theme().font(TextRole::NumberSmall));
  const QFontMetrics metrics = painter.fontMetrics();
  const QStringList ends = labels();
  const double gap = theme().px(size::kSmall);
  const double left = metrics.horizontalAdvance(ends[0]) + gap;
  const double right = width() - metrics.horizontalAdvance(ends[1]) - gap;
  const QRectF bar(left, (height() - theme().px(kBarHeight)) / 2.0, right - left, theme().px(kBarHeight));
  QLinearGradient gradient(bar.topLeft(), bar.topRight());
  for (int i = 0; i <= 32; ++i) gradient.setColorAt(i / 32.0, QColor(colourAt(map_, i / 32.0)));
  painter.fillRect(bar, gradient);
  painter.setPen(QPen(theme().tokens().line, 1));
  painter.drawRect(bar.adjusted(-0.5, -0.5, 0.5, 0.5));
  painter.setPen(theme().tokens().muted);
  painter.drawText(QRectF(0, 0, left - gap, height()), Qt::AlignVCenter | Qt::AlignRight, ends[0]);
  painter.drawText(QRectF(right + gap, 0, width() - right - gap, height()), Qt::AlignVCenter | Qt::AlignLeft, ends[1]);
  if (std::isfinite(mark_) && scale_.high > scale_.low) {
    const double x = bar.left() + positionOf(mark_, scale_) * bar.width();
    painter.setPen(QPen(theme().tokens().text, 2));
    painter.drawLine(QLineF(x, bar.top() - 3, x, bar.bottom() + 3));
  }
}

}  // namespace slab
