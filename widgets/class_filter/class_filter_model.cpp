#include "widgets/class_filter/class_filter_model.h"

#include "core/base/format.h"
#include "widgets/model_tree/cell_delegate.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kBoxRoom = 24;

}  // namespace

void ClassFilterModel::setClasses(std::vector<FilterClass> classes) {
  beginResetModel();
  classes_ = std::move(classes);
  shown_.assign(classes_.size(), true);
  endResetModel();
}

void ClassFilterModel::setShown(const std::vector<bool>& shown) {
  if (shown.size() != classes_.size() || shown == shown_) return;
  shown_ = shown;
  if (!shown_.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
  emit shownChanged();
}

int ClassFilterModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(classes_.size());
}

int ClassFilterModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QVariant ClassFilterModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const auto row = static_cast<std::size_t>(index.row());
  const FilterClass& one = classes_[row];
  const bool isName = index.column() == Name;
  const qint64 count = index.column() == Objects ? one.objects : one.crowds;
  const Tokens& tokens = theme().tokens();
  switch (role) {
    case Qt::DisplayRole:
      if (isName) return one.name;
      if (index.column() == Crowds && count == 0) return QString();
      return QString::fromStdString(formatInteger(count, /*thin=*/true));
    case kValueRole: return isName ? QVariant(one.name) : QVariant(count);
    case kIndentRole: return isName ? kBoxRoom : 0;
    case kColourRole: return categoryColour(tokens, index.row());
    case Qt::CheckStateRole:
      if (!isName) return {};
      return shown_[row] ? Qt::Checked : Qt::Unchecked;
    case Qt::FontRole: return theme().font(isName ? TextRole::Body : TextRole::NumberSmall);
    case Qt::ForegroundRole: return shown_[row] ? tokens.text : tokens.muted;
    case Qt::TextAlignmentRole: return QVariant(Qt::AlignVCenter | (isName ? Qt::AlignLeft : Qt::AlignRight));
    default: return {};
  }
}

bool ClassFilterModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (!index.isValid() || index.column() != Name || role != Qt::CheckStateRole) return false;
  shown_[static_cast<std::size_t>(index.row())] = value.toInt() == Qt::Checked;
  emit dataChanged(index, index.siblingAtColumn(ColumnCount - 1));
  emit shownChanged();
  return true;
}

QVariant ClassFilterModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) {
    return QVariant(Qt::AlignVCenter | (section == Name ? Qt::AlignLeft : Qt::AlignRight));
  }
  if (role != Qt::DisplayRole) return {};
  return section == Name ? tr("class") : section == Objects ? tr("objects") : tr("crowds");
}

Qt::ItemFlags ClassFilterModel::flags(const QModelIndex& index) const {
  const Qt::ItemFlags plain = QAbstractTableModel::flags(index);
  return index.isValid() && index.column() == Name ? plain | Qt::ItemIsUserCheckable : plain;
}

}  // namespace slab
