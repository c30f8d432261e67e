#include "widgets/scan_report/fault_table.h"

#include <QHeaderView>
#include <QRegularExpression>
#include <QVBoxLayout>
#include <algorithm>
#include <map>

#include "core/base/format.h"
#include "widgets/model_tree/cell_delegate.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

const QString kNote = QStringLiteral("note");

QString shownPath(const QString& path, const QString& root) {
  if (root.isEmpty() || !path.startsWith(root)) return path;
  QString rest = path.mid(root.size());
  while (rest.startsWith('/')) rest.remove(0, 1);
  return rest.isEmpty() ? path : rest;
}

}  // namespace

QString faultWords(const QString& kind) {
  return QString(kind).replace('_', ' ');
}

void FaultModel::setReport(const ScanReport& report, const QString& root) {
  beginResetModel();
  rows_.clear();
  for (const ScanDefect& defect : report.defects) {
    const QString path = QString::fromStdString(defect.path);
    const QString kind = defect.kind.empty() ? QStringLiteral("damaged") : QString::fromStdString(defect.kind);
    rows_.push_back({kind, path, shownPath(path, root), QString::fromStdString(defect.reason), defect.offset});
  }
  for (const ScanNotice& notice : report.notices) {
    const QString path = QString::fromStdString(notice.path);
    rows_.push_back({kNote, path, shownPath(path, root), QString::fromStdString(notice.message), -1});
  }
  endResetModel();
}

int FaultModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int FaultModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QVariant FaultModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Row& row = rows_[static_cast<std::size_t>(index.row())];
  const int column = index.column();
  const Tokens& tokens = theme().tokens();
  switch (role) {
    case kKindRole: return row.kind;
    case kPathRole: return row.path;
    case Qt::ToolTipRole: return column == File ? row.path : row.cause;
    case Qt::DisplayRole:
      if (column == Kind) return faultWords(row.kind);
      if (column == File) return row.shown;
      if (column == Cause) return row.cause;
      return row.offset < 0 ? QString() : QString::fromStdString(formatInteger(row.offset, /*thin=*/true));
    case Qt::FontRole:
      return theme().font(column == File || column == Offset ? TextRole::NumberSmall : TextRole::Small);
    case Qt::TextAlignmentRole: return QVariant(Qt::AlignVCenter | (column == Offset ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::ForegroundRole:
      if (column == Kind) return row.kind == kNote ? tokens.muted : tokens.bad;
      return column == Cause ? tokens.muted : tokens.text;
    default: return {};
  }
}

QVariant FaultModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) {
    return QVariant(Qt::AlignVCenter | (section == Offset ? Qt::AlignRight : Qt::AlignLeft));
  }
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case Kind: return tr("kind");
    case File: return placeTitle_;
    case Cause: return tr("cause");
    default: return tr("at byte");
  }
}

void FaultModel::setPlaceTitle(const QString& title) {
  placeTitle_ = title;
  emit headerDataChanged(Qt::Horizontal, File, File);
}

FaultTable::FaultTable(QWidget* parent)
    : QWidget(parent),
      model_(new FaultModel(this)),
      filter_(new QSortFilterProxyModel(this)),
      table_(new QTableView),
      kinds_(new QComboBox) {
  filter_->setSourceModel(model_);
  filter_->setFilterRole(FaultModel::kKindRole);
  filter_->setFilterKeyColumn(FaultModel::Kind);
  kinds_->setAccessibleName(tr("Kind of fault"));
  table_->setModel(filter_);
  setUpTable(*table_);
  table_->setAccessibleName(tr("Faults"));
  table_->setSelectionMode(QTableView::SingleSelection);
  auto* line = new QHBoxLayout;
  line->addWidget(kinds_);
  line->addStretch(1);
  setMargins(line, size::kMedium, 0, size::kMedium, 0);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(theme().px(size::kTiny));
  column->addLayout(line);
  column->addWidget(table_, 1);
  connect(kinds_, &QComboBox::activated, this, [this] { setKind(kinds_->currentData().toString()); });
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& row) {
    emit currentChanged(currentFile(), row.siblingAtColumn(FaultModel::Cause).data().toString());
  });
  connect(table_, &QTableView::activated, this, [this] { emit activated(currentFile()); });
  connect(&theme(), &Theme::changed, this, &FaultTable::layOut);
  layOut();
}

void FaultTable::setReport(const ScanReport& report, const QString& root) {
  model_->setReport(report, root);
  std::map<QString, int> counts;
  for (int row = 0; row < model_->rowCount(); ++row) {
    ++counts[model_->index(row, 0).data(FaultModel::kKindRole).toString()];
  }
  kinds_->clear();
  kinds_->addItem(tr("all kinds (%1)").arg(model_->rowCount()), QString());
  for (const auto& [kind, count] : counts) {
    kinds_->addItem(QStringLiteral("%1 (%2)").arg(faultWords(kind)).arg(count), kind);
  }
  setKind({});
  const bool hasOffsets = std::any_of(report.defects.begin(), report.defects.end(),
                                      [](const ScanDefect& defect) { return defect.offset >= 0; });
  table_->setColumnHidden(FaultModel::Offset, !hasOffsets);
  layOut();
}

void FaultTable::setPlaceTitle(const QString& title) {
  isOfFiles_ = false;
  model_->setPlaceTitle(title);
  layOut();
}

void FaultTable::setKind(const QString& kind) {
  const QString pattern = kind.isEmpty() ? QString() : '^' + QRegularExpression::escape(kind) + '$';
  filter_->setFilterRegularExpression(pattern);
  kinds_->setCurrentIndex(kinds_->findData(kind));
}

QString FaultTable::currentFile() const {
  return table_->currentIndex().data(FaultModel::kPathRole).toString();
}

void FaultTable::layOut() {
  table_->verticalHeader()->setDefaultSectionSize(theme().px(26));
  QHeaderView* columns = table_->horizontalHeader();
  columns->setSectionResizeMode(QHeaderView::ResizeToContents);
  if (isOfFiles_) {
    columns->setSectionResizeMode(FaultModel::File, QHeaderView::Interactive);
    table_->setColumnWidth(FaultModel::File, theme().px(260));
  }
  columns->setSectionResizeMode(FaultModel::Cause, QHeaderView::Stretch);
}

}  // namespace slab
