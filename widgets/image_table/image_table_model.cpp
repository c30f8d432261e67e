#include "widgets/image_table/image_table_model.h"

#include <algorithm>
#include <numeric>

#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

int valueOf(const ImageTableRow& row, int column) {
  switch (column) {
    case ImageTableModel::Objects: return row.objects;
    case ImageTableModel::Errors: return row.errors();
    case ImageTableModel::Wrong: return row.wrong;
    case ImageTableModel::Missed: return row.missed;
    case ImageTableModel::Right: return row.right;
    default: return 0;
  }
}

}  // namespace

void ImageTableModel::setRows(std::vector<ImageTableRow> rows) {
  beginResetModel();
  rows_ = std::move(rows);
  arrange();
  endResetModel();
}

int ImageTableModel::rowOf(qint64 image) const {
  for (std::size_t i = 0; i < order_.size(); ++i) {
    if (rows_[order_[i]].image == image) return static_cast<int>(i);
  }
  return -1;
}

void ImageTableModel::arrange() {
  order_.resize(rows_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  if (column_ < 0) return;
  const bool isRising = direction_ == Qt::AscendingOrder;
  std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    const ImageTableRow &first = rows_[isRising ? a : b], &second = rows_[isRising ? b : a];
    if (column_ == Name) return first.name < second.name;
    return valueOf(first, column_) < valueOf(second, column_);
  });
}

void ImageTableModel::sort(int column, Qt::SortOrder order) {
  if (column == column_ && order == direction_) return;
  emit layoutAboutToBeChanged();
  column_ = column;
  direction_ = order;
  QModelIndexList before = persistentIndexList(), after;
  std::vector<qint64> images;
  for (const QModelIndex& index : before) images.push_back(row(index.row()).image);
  arrange();
  for (qsizetype i = 0; i < before.size(); ++i) {
    after += index(rowOf(images[static_cast<std::size_t>(i)]), before[i].column());
  }
  changePersistentIndexList(before, after);
  emit layoutChanged();
}

int ImageTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(order_.size());
}

int ImageTableModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QVariant ImageTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const ImageTableRow& shown = row(index.row());
  const int column = index.column(), value = valueOf(shown, column);
  const bool isName = column == Name;
  const Tokens& tokens = theme().tokens();
  switch (role) {
    case Qt::DisplayRole:
      if (isName) return shown.name;
      if (value == 0 && column != Objects) return QString();
      return QString::fromStdString(formatInteger(value, /*thin=*/true));
    case Qt::ToolTipRole: return isName ? shown.name : QVariant();
    case Qt::FontRole: return theme().font(TextRole::NumberSmall);
    case Qt::TextAlignmentRole: return QVariant(Qt::AlignVCenter | (isName ? Qt::AlignLeft : Qt::AlignRight));
    case Qt::ForegroundRole:
      if (column == Wrong) return tokens.bad;
      if (column == Missed) return tokens.warning;
      return column == Right ? tokens.good : tokens.text;
    default: return {};
  }
}

QVariant ImageTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) {
    return QVariant(Qt::AlignVCenter | (section == Name ? Qt::AlignLeft : Qt::AlignRight));
  }
  if (role == Qt::ToolTipRole && section == Errors) return tr("wrong and missed together");
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case Name: return tr("image");
    case Objects: return tr("objects");
    case Errors: return tr("errors");
    case Wrong: return tr("wrong");
    case Missed: return tr("missed");
    default: return tr("right");
  }
}

}  // namespace slab
