#include "widgets/latency_chart/latency_table.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QPixmap>

#include "widgets/model_tree/cell_delegate.h"

namespace slab {
namespace {

constexpr int kRowHeight = 38;
constexpr int kHeaderHeight = 28;

QPixmap swatch(const QColor& colour) {
  const int side = theme().px(12);
  QPixmap pixmap(side * 2, side * 2);
  pixmap.setDevicePixelRatio(2.0);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  painter.drawRoundedRect(QRectF(0, 0, side, side), 2, 2);
  return pixmap;
}

}  // namespace

void LatencyModel::setRows(std::vector<LatencyRow> rows) {
  beginResetModel();
  rows_ = std::move(rows);
  endResetModel();
}

int LatencyModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int LatencyModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QString LatencyModel::text(const LatencyRow& row, int column) const {
  if (column == Label) return row.label;
  if (!row.measured) return column == Fold ? QString() : QString(QChar(0x2014));
  switch (column) {
    case Mean: return formatMilliseconds(row.mean);
    case P50: return formatMilliseconds(row.p50);
    case P90: return formatMilliseconds(row.p90);
    case P99: return formatMilliseconds(row.p99);
    case Against: return row.difference ? formatPercent(row.difference->percent) : QStringLiteral("0");
    case Interval: return formatInterval(row.difference);
    default: return formatCertificate(row);
  }
}

QVariant LatencyModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const LatencyRow& row = rows_[static_cast<std::size_t>(index.row())];
  const bool isNumber = index.column() > Label && index.column() < Fold;
  switch (role) {
    case Qt::DisplayRole: return text(row, index.column());
    case Qt::DecorationRole:
      return index.column() == Label ? QVariant(swatch(theme().series(row.series).colour)) : QVariant();
    case Qt::FontRole: return theme().font(isNumber ? TextRole::Number : TextRole::Body);
    case Qt::TextAlignmentRole: return QVariant(Qt::AlignVCenter | (isNumber ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::ForegroundRole:
      if (index.column() == Fold) return theme().tokens().muted;
      return QVariant();
    case Qt::ToolTipRole:
      if (index.column() == Interval && row.difference && !row.difference->isReal) {
        return tr("The interval contains zero: no difference was found.");
      }
      return QVariant();
    default: return {};
  }
}

QVariant LatencyModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  static const char* const kTitles[] = {QT_TR_NOOP("model"),         QT_TR_NOOP("mean ms"), QT_TR_NOOP("p50"),
                                        QT_TR_NOOP("p90"),           QT_TR_NOOP("p99"),     QT_TR_NOOP("against row 1"),
                                        QT_TR_NOOP("95 % interval"), QT_TR_NOOP("fold")};
  if (role == Qt::DisplayRole) return tr(kTitles[section]);
  if (role == Qt::TextAlignmentRole) {
    return QVariant(Qt::AlignVCenter | (section > Label && section < Fold ? Qt::AlignRight : Qt::AlignLeft));
  }
  return {};
}

LatencyComparison::LatencyComparison(QWidget* parent)
    : QWidget(parent), model_(new LatencyModel(this)), table_(new QTableView), bars_(new LatencyBars) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(size::kSmall);
  row->addWidget(table_);
  row->addWidget(bars_, 1);
  table_->setModel(model_);
  table_->setItemDelegate(new CellDelegate(table_));
  table_->setAccessibleName(tr("Latency table"));
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setShowGrid(false);
  table_->setFrameShape(QFrame::NoFrame);
  table_->verticalHeader()->hide();
  table_->horizontalHeader()->setHighlightSections(false);
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  connect(&theme(), &Theme::changed, this, &LatencyComparison::layOut);
  layOut();
}

void LatencyComparison::setRows(const std::vector<LatencyRow>& rows) {
  model_->setRows(rows);
  bars_->setRows(rows);
  layOut();
}

void LatencyComparison::setUnit(const QString& unit) {
  bars_->setUnit(unit);
}

void LatencyComparison::layOut() {
  const int header = theme().px(kHeaderHeight), height = theme().px(kRowHeight);
  table_->horizontalHeader()->setFixedHeight(header);
  table_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  table_->verticalHeader()->setDefaultSectionSize(height);
  table_->resizeColumnsToContents();
  int width = 2;
  for (int column = 0; column < LatencyModel::ColumnCount; ++column) width += table_->columnWidth(column);
  table_->setFixedWidth(width);
  bars_->setRowGeometry(header, height);
  setMinimumHeight(bars_->minimumSizeHint().height());
}

}  // namespace slab
