#include <map>

#include "widgets/import_table/import_table.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QString shapeWords(const std::vector<std::int64_t>& shape) {
  QStringList sizes;
  for (const std::int64_t size : shape) sizes += QString::number(size);
  return shape.empty() ? QString() : sizes.join(QChar(0x00D7));
}

QString shapesOf(const ImportKey& key) {
  if (key.shape.empty() || key.sourceShape.empty() || key.shape == key.sourceShape) {
    return shapeWords(key.shape.empty() ? key.sourceShape : key.shape);
  }
  return shapeWords(key.sourceShape) + QStringLiteral(" \u2192 ") + shapeWords(key.shape);
}

QString noteOf(const ImportKey& key) {
  const QString note = QString::fromStdString(key.note);
  if (key.source.empty() || key.source == key.key) return note;
  const QString from = ImportModel::tr("from %1").arg(QString::fromStdString(key.source));
  return note.isEmpty() ? from : from + ", " + note;
}

bool isChanged(const ImportKey& key) {
  return key.status != "matched" && !isImportProblem(key);
}

}  // namespace

bool isImportProblem(const ImportKey& key) {
  return key.status == "missing" || key.status == "unexpected" || key.status == "misshapen";
}

QString importWords(const ImportReport& report) {
  std::map<std::string, int> counts;
  for (const ImportKey& key : report.keys) ++counts[key.status];
  QStringList parts;
  for (const char* status :
       {"matched", "renamed", "resized", "made", "ignored", "missing", "unexpected", "misshapen"}) {
    if (const auto found = counts.find(status); found != counts.end()) {
      parts += QString("%1 %2").arg(found->second).arg(status);
    }
  }
  return QString::fromStdString(report.format) + ", " + ImportModel::tr("%1 keys").arg(report.keys.size()) +
         (parts.isEmpty() ? QString() : ": " + parts.join(", "));
}

void ImportModel::setKeys(std::vector<ImportKey> keys) {
  beginResetModel();
  keys_ = std::move(keys);
  endResetModel();
}

int ImportModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(keys_.size());
}

int ImportModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QVariant ImportModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const ImportKey& row = key(index.row());
  const int column = index.column();
  switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
      switch (column) {
        case Key: return QString::fromStdString(row.key);
        case Status: return QString::fromStdString(row.status);
        case Shape: return shapesOf(row);
        default: return noteOf(row);
      }
    case Qt::FontRole:
      return theme().font(column == Status || column == Note ? TextRole::Small : TextRole::NumberSmall);
    case Qt::ForegroundRole:
      if (column == Status && isImportProblem(row)) return theme().tokens().bad;
      if (column == Status && isChanged(row)) return theme().tokens().warning;
      return column == Key || column == Shape ? theme().tokens().text : theme().tokens().muted;
    default: return {};
  }
}

QVariant ImportModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) return QVariant(Qt::AlignVCenter | Qt::AlignLeft);
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case Key: return tr("key");
    case Status: return tr("status");
    case Shape: return tr("shape");
    default: return tr("note");
  }
}

void ImportFilter::setShow(ImportShow show) {
  show_ = show;
  invalidateFilter();
}

void ImportFilter::setWords(const QString& words) {
  words_ = words.trimmed();
  invalidateFilter();
}

bool ImportFilter::filterAcceptsRow(int row, const QModelIndex&) const {
  const ImportKey& key = static_cast<const ImportModel*>(sourceModel())->key(row);
  if (show_ == ImportShow::Problems && !isImportProblem(key)) return false;
  if (show_ == ImportShow::Changed && !isChanged(key)) return false;
  const QString all = QString::fromStdString(key.key + ' ' + key.source + ' ' + key.status + ' ' + key.note);
  for (const QString& word : words_.split(' ', Qt::SkipEmptyParts)) {
    if (!all.contains(word, Qt::CaseInsensitive)) return false;
  }
  return true;
}

}  // namespace slab
