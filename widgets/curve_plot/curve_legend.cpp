#include "widgets/curve_plot/curve_legend.h"

#include <QFontMetrics>
#include <QPainter>
#include <algorithm>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kMaxRows = 2;

struct Metrics {
  QFont label = theme().font(TextRole::Small), value = theme().font(TextRole::NumberSmall);
  QFontMetrics labelMetrics{label}, valueMetrics{value};
  int swatch = theme().px(14), gap = theme().px(5), space = theme().px(14);
  int row = theme().px(18);
};

/// A value keeps the width of seven digits so that the legend does not dance under the cursor.
int valueWidth(const Metrics& m, const QString& value) {
  return value.isEmpty()
             ? 0
             : std::max(m.valueMetrics.horizontalAdvance(value), m.valueMetrics.horizontalAdvance("0.0000"));
}

int entryWidth(const Metrics& m, const LegendEntry& entry) {
  return m.swatch + m.gap + m.labelMetrics.horizontalAdvance(entry.label) +
         (entry.value.isEmpty() ? 0 : m.gap + valueWidth(m, entry.value));
}

void paintSwatch(QPainter& p, const LegendEntry& entry, int x, int y, int width) {
  p.save();
  p.setRenderHint(QPainter::Antialiasing);
  QPen pen(entry.colour, theme().px(3), entry.dash, Qt::FlatCap);
  const bool isSolid = entry.dash == Qt::SolidLine;
  if (!isSolid) pen.setDashPattern(entry.dash == Qt::DashLine ? QVector<qreal>{1.6, 0.9} : QVector<qreal>{0.7, 0.7});
  p.setPen(pen);
  p.drawLine(x, y, x + width, y);
  // A marker would hide the dashes, by which these curves are told apart.
  if (entry.hasMarkers && isSolid) {
    p.setPen(Qt::NoPen);
    p.setBrush(entry.colour);
    p.drawEllipse(QPointF(x + width / 2.0, y), theme().px(3), theme().px(3));
  }
  p.restore();
}

}  // namespace

CurveLegend::CurveLegend(QWidget* parent) : QWidget(parent) {
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  connect(&theme(), &Theme::changed, this, [this] { updateGeometry(), update(); });
}

void CurveLegend::setContent(const QString& lead_label, const QString& lead_value, std::vector<LegendEntry> entries) {
  const int before = heightForWidth(width());
  leadLabel_ = lead_label;
  leadValue_ = lead_value;
  entries_ = std::move(entries);
  if (heightForWidth(width()) != before) updateGeometry();
  update();
}

void CurveLegend::setNote(const QString& note) {
  note_ = note;
  updateGeometry();
  update();
}

int CurveLegend::heightForWidth(int width) const {
  return flow(nullptr, width, theme().tokens());
}

QSize CurveLegend::sizeHint() const {
  return {theme().px(160), heightForWidth(std::max(width(), theme().px(160)))};
}

QSize CurveLegend::minimumSizeHint() const {
  return {theme().px(60), theme().px(18)};
}

int CurveLegend::paintInto(QPainter& painter, int width, const Tokens& tokens) const {
  return flow(&painter, width, tokens);
}

void CurveLegend::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  flow(&painter, width(), theme().tokens());
}

int CurveLegend::flow(QPainter* painter, int width, const Tokens& tokens) const {
  const Metrics m;
  int x = 0, row = 0;
  const auto text = [&](const QString& words, const QFont& font, const QColor& colour, int advance) {
    if (painter != nullptr) {
      painter->setFont(font);
      painter->setPen(colour);
      painter->drawText(QRect(x, row * m.row, advance + 2, m.row), Qt::AlignVCenter | Qt::AlignLeft, words);
    }
    x += advance;
  };
  if (!leadValue_.isEmpty()) {
    text(leadLabel_, m.label, tokens.muted, m.labelMetrics.horizontalAdvance(leadLabel_));
    x += m.gap;
    text(leadValue_, m.value, tokens.text,
         std::max(m.valueMetrics.horizontalAdvance(leadValue_), m.valueMetrics.horizontalAdvance("0 000")));
    x += m.space;
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const LegendEntry& entry = entries_[i];
    const bool isLast = i + 1 == entries_.size();
    const int reserve = isLast || row + 1 < kMaxRows ? 0 : m.labelMetrics.horizontalAdvance("000 more");
    if (x > 0 && x + entryWidth(m, entry) + reserve > width) {
      if (row + 1 == kMaxRows) {
        const QString rest = tr("%1 more").arg(entries_.size() - i);
        text(rest, m.label, tokens.muted, m.labelMetrics.horizontalAdvance(rest));
        break;
      }
      x = 0;
      ++row;
    }
    if (painter != nullptr) paintSwatch(*painter, entry, x, row * m.row + m.row / 2, m.swatch);
    x += m.swatch + m.gap;
    text(entry.label, m.label, tokens.muted, m.labelMetrics.horizontalAdvance(entry.label));
    if (!entry.value.isEmpty()) {
      x += m.gap;
      text(entry.value, m.value, tokens.text, valueWidth(m, entry.value));
    }
    x += m.space;
  }
  const int noteWidth = m.labelMetrics.horizontalAdvance(note_);
  if (!note_.isEmpty() && x + noteWidth > width && row + 1 < kMaxRows) x = 0, ++row;
  if (!note_.isEmpty() && x + noteWidth <= width) text(note_, m.label, tokens.muted, noteWidth);
  return (row + 1) * m.row;
}

}  // namespace slab
