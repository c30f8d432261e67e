#include "app/gui/panels/attention_side.h"

#include <QCheckBox>
#include <QVBoxLayout>
#include <cmath>

#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QString dash() {
  return QString(QChar(0x2014));
}

QString number(double value, int digits = 3) {
  return QString::fromStdString(formatNumber(value, digits));
}

QLabel* heading(const QString& text) {
  auto* label = new QLabel(text);
  setTextRole(label, TextRole::Title);
  setMargins(label, 12, 12, 0, 4);
  return label;
}

QHBoxLayout* rowOf(QWidget* widget, double top, double right, double bottom = 0) {
  auto* row = new QHBoxLayout;
  setMargins(row, 12, top, right, bottom);
  row->addWidget(widget);
  return row;
}

}  // namespace

QSlider* makeRoomySlider() {
  auto* slider = new QSlider(Qt::Horizontal);
  const auto fit = [slider] { slider->setMinimumHeight(theme().px(20)); };
  fit();
  QObject::connect(&theme(), &Theme::changed, slider, fit);
  return slider;
}

AttentionSide::AttentionSide(QWidget* parent) : QScrollArea(parent), layers_(new LayerGrid), bar_(new ColourBar) {
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  setMargins(column, 0, 0, 0, size::kSmall);
  column->setSpacing(theme().px(2));
  column->addLayout(rowOf(layers_, 0, 8));
  auto* legend = new QLabel(tr("colour: entropy of the row"));
  setTone(legend, "muted");
  setTextRole(legend, TextRole::Small);
  setMargins(legend, 12, 0, 0, 0);
  column->addWidget(legend);
  column->addWidget(heading(tr("Under the cursor")));
  column->addWidget(makeFigures());
  column->addLayout(rowOf(bar_, 6, 12));
  column->addWidget(heading(tr("Show")));
  addOptions(column);
  column->addStretch(1);
  setWidget(page);
  setWidgetResizable(true);
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::NoFocus);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
}

QWidget* AttentionSide::makeFigures() {
  auto* figures = new QWidget;
  auto* grid = new QGridLayout(figures);
  setMargins(grid, 12, 0, 12, 0);
  grid->setVerticalSpacing(theme().px(4));
  addFigure(grid, tr("token"), token_);
  addFigure(grid, tr("weight of the row"), weight_);
  addFigure(grid, tr("convolution part"), depthwise_);
  addFigure(grid, tr("share of row, top 10 tokens"), top_);
  addFigure(grid, tr("entropy"), entropy_);
  return figures;
}

void AttentionSide::addFigure(QGridLayout* grid, const QString& name, QLabel*& value) {
  const int row = grid->rowCount();
  value = new QLabel(dash());
  setTextRole(value, TextRole::NumberSmall);
  value->setAccessibleName(name);
  auto* line = new QFrame;
  line->setFixedHeight(1);
  line->setAutoFillBackground(true);
  line->setBackgroundRole(QPalette::Mid);
  grid->addWidget(new QLabel(name), row, 0);
  grid->addWidget(value, row, 1, Qt::AlignRight);
  grid->addWidget(line, row + 1, 0, 1, 2);
}

void AttentionSide::addOptions(QVBoxLayout* column) {
  const auto addCheck = [&](const QString& words, bool OverlayStyle::*member) {
    auto* box = new QCheckBox(words);
    box->setChecked(OverlayStyle().*member);
    connect(box, &QCheckBox::toggled, this,
            [this, member](bool on) { emit styleEdited([=](OverlayStyle& style) { style.*member = on; }); });
    column->addLayout(rowOf(box, 2, 8, 2));
  };
  addCheck(tr("attention row"), &OverlayStyle::showWeights);
  addCheck(tr("depthwise convolution, signed"), &OverlayStyle::showDepthwise);
  addCheck(tr("query marker"), &OverlayStyle::queryMarker);
  addCheck(tr("window borders"), &OverlayStyle::windowBorders);
  addCheck(tr("smooth between tokens"), &OverlayStyle::bilinear);
  auto* threshold = makeRoomySlider();
  threshold->setRange(0, 95);
  threshold->setAccessibleName(tr("Threshold"));
  threshold->setToolTip(tr("Tokens below this share of the scale stay uncovered"));
  connect(threshold, &QSlider::valueChanged, this,
          [this](int percent) { emit styleEdited([=](OverlayStyle& style) { style.threshold = percent / 100.0; }); });
  auto* row = rowOf(new QLabel(tr("threshold")), 6, 12);
  row->addWidget(threshold);
  column->addLayout(row);
}

void AttentionSide::showToken(const TokenMap& map, const OverlayStyle& style, int row, int column) {
  const bool isInside = row >= 0 && column >= 0 && row < map.rows && column < map.columns;
  const auto index = static_cast<std::size_t>(isInside ? row * map.columns + column : 0);
  token_->setText(isInside ? QStringLiteral("(%1, %2)").arg(row).arg(column) : dash());
  weight_->setText(isInside ? formatWeight(map.weights[index]) : dash());
  depthwise_->setText(isInside && map.hasDepthwise() ? formatWeight(map.depthwise[index]) : dash());
  const std::vector<float> shown = shownValues(map, style);
  bar_->setMark(isInside && index < shown.size() ? shown[index] : std::nan(""));
}

void AttentionSide::showRow(const TokenMap& map) {
  top_->setText(map.empty() ? dash() : number(topShare(map.weights, 10), 2));
  entropy_->setText(map.empty() ? dash() : tr("%1 nat").arg(number(entropyOf(map.weights))));
}

}  // namespace slab
