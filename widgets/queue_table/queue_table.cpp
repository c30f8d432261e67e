#include "widgets/queue_table/queue_table.h"

#include <QHeaderView>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/queue_table/queue_delegate.h"
#include "widgets/theme/theme.h"

namespace slab {

QueueTable::QueueTable(QueueModel* model, QWidget* parent)
    : QWidget(parent), model_(model), view_(new QTableView(this)) {
  view_->setModel(model);
  view_->setItemDelegate(new QueueDelegate(view_));
  view_->setAccessibleName(tr("Queue"));
  view_->setShowGrid(false);
  view_->setWordWrap(false);
  view_->setTabKeyNavigation(false);
  view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  view_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  view_->setDragDropMode(QAbstractItemView::InternalMove);
  view_->setDragDropOverwriteMode(false);
  view_->setDropIndicatorShown(true);
  view_->setContextMenuPolicy(Qt::CustomContextMenu);
  view_->verticalHeader()->hide();
  view_->horizontalHeader()->setHighlightSections(false);
  view_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  view_->horizontalHeader()->setStretchLastSection(true);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(view_);
  connect(view_->selectionModel(), &QItemSelectionModel::selectionChanged, this, &QueueTable::chosenChanged);
  connect(view_, &QTableView::activated, this,
          [this](const QModelIndex& index) { emit activated(model_->row(index.row()).id); });
  connect(view_, &QWidget::customContextMenuRequested, this,
          [this](const QPoint& at) { emit menuWanted(view_->viewport()->mapToGlobal(at)); });
  keepChoice();
  connect(&theme(), &Theme::changed, this, &QueueTable::restyle);
  restyle();
}

/// A job that moves takes the choice with it, so that one key press after another moves it on.
void QueueTable::keepChoice() {
  connect(model_, &QAbstractItemModel::modelAboutToBeReset, this, [this] {
    kept_.clear();
    for (const QueueRow& row : chosen()) kept_.push_back(row.id);
  });
  connect(model_, &QAbstractItemModel::modelReset, this, [this] {
    for (const qint64 id : kept_) choose(id);
    emit chosenChanged();
  });
}

void QueueTable::restyle() {
  view_->verticalHeader()->setDefaultSectionSize(theme().px(32));
  view_->viewport()->update();
}

std::vector<QueueRow> QueueTable::chosen() const {
  QModelIndexList indexes = view_->selectionModel()->selectedRows();
  std::sort(indexes.begin(), indexes.end(), [](const auto& a, const auto& b) { return a.row() < b.row(); });
  std::vector<QueueRow> rows;
  for (const QModelIndex& index : indexes) rows.push_back(model_->row(index.row()));
  return rows;
}

void QueueTable::choose(qint64 id) {
  for (int i = 0; i < model_->rowCount(); ++i) {
    if (model_->row(i).id != id) continue;
    const QModelIndex index = model_->index(i, QueueModel::Name);
    view_->selectionModel()->setCurrentIndex(index, QItemSelectionModel::Select | QItemSelectionModel::Rows);
  }
}

}  // namespace slab
