#include "widgets/scan_report/class_table.h"

#include <QHeaderView>
#include <QPainter>
#include <algorithm>

#include "core/base/format.h"
#include "widgets/model_tree/cell_delegate.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QString integer(qint64 value) {
  return QString::fromStdString(formatInteger(value, /*thin=*/true));
}

qint64 at(const std::vector<std::int64_t>& counts, std::size_t index) {
  return index < counts.size() ? counts[index] : 0;
}

/// A bar as long as the class's share of the largest one.
class BarDelegate : public CellDelegate {
 public:
  using CellDelegate::CellDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    CellDelegate::paint(painter, option, index);
    const double share = index.data(ClassModel::kValueRole).toDouble();
    const int height = theme().px(8), room = option.rect.width() - 2 * theme().px(size::kSmall);
    const QRectF bar(option.rect.left() + theme().px(size::kSmall), option.rect.center().y() - height / 2.0,
                     std::max(share > 0 ? 1.0 : 0.0, room * share), height);
    painter->fillRect(bar, theme().tokens().series[0]);
  }
};

}  // namespace

void ClassModel::setReport(const ScanReport& report) {
  beginResetModel();
  rows_.clear();
  largest_ = 1;
  hasTitles_ = !report.classTitles.empty();
  hasValidation_ = !report.valCounts.empty();
  for (std::size_t i = 0; i < report.classCounts.size(); ++i) {
    Row row;
    row.name = i < report.classNames.size() ? QString::fromStdString(report.classNames[i]) : QString::number(i);
    if (i < report.classTitles.size()) row.title = QString::fromStdString(report.classTitles[i]);
    row.train = report.classCounts[i];
    row.bad = at(report.classFaults, i) + at(report.valFaults, i);
    row.validation = at(report.valCounts, i);
    largest_ = std::max(largest_, row.train);
    rows_.push_back(std::move(row));
  }
  endResetModel();
}

int ClassModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int ClassModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QVariant ClassModel::value(const Row& row, int column) const {
  switch (column) {
    case Name: return row.name;
    case Title: return row.title;
    case Bad: return row.bad;
    case Validation: return row.validation;
    case Bar: return static_cast<double>(row.train) / static_cast<double>(largest_);
    default: return row.train;
  }
}

QVariant ClassModel::words(const Row& row, int column) const {
  switch (column) {
    case Name: return row.name;
    case Title: return row.title;
    case Train: return row.train > 0 ? integer(row.train) : tr("none");
    case Bad: return row.bad > 0 ? integer(row.bad) : QString();
    case Validation: return row.validation > 0 ? integer(row.validation) : tr("none");
    default: return {};
  }
}

QVariant ClassModel::colour(const Row& row, int column) const {
  const Tokens& tokens = theme().tokens();
  const bool isMissing = (column == Train && row.train == 0) || (column == Validation && row.validation == 0);
  if (isMissing || column == Bad) return tokens.bad;
  return column == Title ? tokens.muted : tokens.text;
}

QVariant ClassModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Row& row = rows_[static_cast<std::size_t>(index.row())];
  const int column = index.column();
  const bool isNumber = column == Train || column == Bad || column == Validation;
  switch (role) {
    case kValueRole: return value(row, column);
    case Qt::DisplayRole: return words(row, column);
    case Qt::ToolTipRole: return column == Title ? row.title : QVariant();
    case Qt::FontRole: return theme().font(column == Title ? TextRole::Small : TextRole::NumberSmall);
    case Qt::TextAlignmentRole: return QVariant(Qt::AlignVCenter | (isNumber ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::ForegroundRole: return colour(row, column);
    default: return {};
  }
}

QVariant ClassModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  const bool isNumber = section == Train || section == Bad || section == Validation;
  if (role == Qt::TextAlignmentRole) return QVariant(Qt::AlignVCenter | (isNumber ? Qt::AlignRight : Qt::AlignLeft));
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case Name: return tr("class");
    case Title: return tr("name");
    case Train: return tr("train");
    case Bad: return tr("bad");
    case Validation: return tr("val");
    default: return QString();
  }
}

ClassTable::ClassTable(QWidget* parent)
    : QTableView(parent), classes_(new ClassModel(this)), sorted_(new QSortFilterProxyModel(this)) {
  sorted_->setSourceModel(classes_);
  sorted_->setSortRole(ClassModel::kValueRole);
  setModel(sorted_);
  setUpTable(*this);
  setItemDelegateForColumn(ClassModel::Bar, new BarDelegate(this));
  setAccessibleName(tr("Classes"));
  setSortingEnabled(true);
  sorted_->sort(-1);
  horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
  connect(&theme(), &Theme::changed, this, &ClassTable::layOut);
  layOut();
}

void ClassTable::setReport(const ScanReport& report) {
  classes_->setReport(report);
  setColumnHidden(ClassModel::Title, !classes_->hasTitles());
  setColumnHidden(ClassModel::Validation, !classes_->hasValidation());
  layOut();
}

void ClassTable::layOut() {
  verticalHeader()->setDefaultSectionSize(theme().px(26));
  QHeaderView* columns = horizontalHeader();
  columns->setSectionResizeMode(QHeaderView::ResizeToContents);
  columns->setSectionResizeMode(ClassModel::Bar, QHeaderView::Stretch);
  columns->setSectionResizeMode(ClassModel::Title, QHeaderView::Interactive);
  setColumnWidth(ClassModel::Title, theme().px(240));
}

}  // namespace slab
