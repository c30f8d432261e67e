#include "widgets/curve_plot/curve_plot.h"
#include "widgets/curve_plot/envelope_lines.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr double kRawShare = 0.34;  // of the colour, for the raw curve under its average
constexpr double kSupersededShare = 0.25;

QCPScatterStyle::ScatterShape shapeOf(Marker marker) {
  switch (marker) {
    case Marker::Disc: return QCPScatterStyle::ssDisc;
    case Marker::Square: return QCPScatterStyle::ssSquare;
    case Marker::Diamond: return QCPScatterStyle::ssDiamond;
    case Marker::Triangle: return QCPScatterStyle::ssTriangle;
    case Marker::Cross: return QCPScatterStyle::ssCross;
  }
  return QCPScatterStyle::ssDisc;
}

}  // namespace

void CurvePlot::applyTheme(const Tokens& tokens) {
  styled_ = tokens;
  canvas_->setBackground(tokens.panel);
  for (QCPAxis* axis : {canvas_->xAxis, canvas_->yAxis}) {
    axis->setBasePen(QPen(tokens.line, 1));
    axis->setTickPen(QPen(Qt::NoPen));
    axis->setSubTickPen(QPen(Qt::NoPen));
    axis->setTickLabelColor(tokens.muted);
    axis->setTickLabelFont(theme().font(TextRole::Small));
    axis->setTickLabelPadding(theme().px(5));
    axis->grid()->setPen(QPen(tokens.grid, 1));
    axis->grid()->setZeroLinePen(QPen(tokens.grid, 1));
    axis->grid()->setSubGridVisible(false);
  }
  canvas_->yAxis->setBasePen(QPen(Qt::NoPen));
  if (!logY_) canvas_->yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new CompactTicker));
  for (std::size_t i = 0; i < drawn_.size(); ++i) {
    const SeriesStyle style = seriesStyle(tokens, curves_[i].series);
    const QColor colour = curves_[i].colour.isValid() ? curves_[i].colour : style.colour;
    const Qt::PenStyle dash = curves_[i].dash == Qt::NoPen ? style.dash : curves_[i].dash;
    drawn_[i]->raw->setPen(QPen(mix(tokens.panel, colour, kRawShare), 1));
    drawn_[i]->superseded->setPen(QPen(mix(tokens.panel, colour, kSupersededShare), 1));
    drawn_[i]->smooth->setPen(QPen(colour, theme().px(2), dash));
    const double side = curves_[i].hasMarkers ? theme().px(6) : theme().px(4);
    const auto shape = curves_[i].hasMarkers ? shapeOf(style.marker) : QCPScatterStyle::ssDisc;
    drawn_[i]->dots->setPen(QPen(colour, 1));
    drawn_[i]->dots->setScatterStyle(QCPScatterStyle(shape, colour, colour, side));
  }
  for (std::size_t i = 0; i < planned_.size(); ++i) {
    const QColor colour =
        planned_[i].colour.isValid() ? planned_[i].colour : seriesStyle(tokens, planned_[i].series).colour;
    plannedGraphs_[i]->setPen(
        QPen(colour, planned_[i].isSolid ? theme().px(2) : 1.0, planned_[i].isSolid ? Qt::SolidLine : Qt::DashLine));
  }
  phases_->setTokens(tokens);
  cursor_->setColour(tokens.muted);
  rail_->setFont(theme().font(TextRole::Small));
  for (HandleItem* handle : handles_) handle->setStyle(tokens.series[0], tokens, theme().font(TextRole::Small));
  for (QCPItemText* text : {xName_, badge_}) {
    text->setFont(theme().font(TextRole::Small));
    text->setColor(tokens.muted);
  }
}

void CurvePlot::paintFigure(QCPPainter& painter, const QSize& size, const Tokens& colours) {
  const Tokens before = styled_;
  const QSize canvasSize = canvas_->size();
  const int side = theme().px(size::kMedium), titleHeight = theme().px(26);
  const int width = size.width() - 2 * side;
  applyTheme(colours);
  finishAverages();
  refreshNow();
  painter.fillRect(QRect(QPoint(0, 0), size), colours.panel);
  painter.setFont(theme().font(TextRole::Title));
  painter.setPen(colours.text);
  painter.drawText(QRect(side, 0, width, titleHeight), Qt::AlignVCenter | Qt::AlignLeft,
                   unit_.isEmpty() ? title_ : title_ + " (" + unit_ + ")");
  painter.save();
  painter.translate(side, titleHeight);
  const int legendHeight = legend_->paintInto(painter, width, colours);
  painter.translate(0, legendHeight + theme().px(size::kTiny));
  canvas_->toPainter(&painter, width, size.height() - titleHeight - legendHeight - theme().px(size::kMedium));
  painter.restore();
  applyTheme(before);
  canvas_->setViewport(QRect(QPoint(0, 0), canvasSize));
  refreshNow();
}

}  // namespace slab
