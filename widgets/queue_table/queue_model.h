// The jobs of a queue as a Qt model whose waiting rows can be dragged to another place.
#pragma once

#include <QAbstractTableModel>
#include <vector>

#include "widgets/queue_table/queue_row.h"

namespace slab {

/// Rows come in the queue's order: the running job, the pending ones, those that are over. An update that keeps the
/// ids changes cells in place, so selection and scroll stay. The model changes nothing itself: a drop asks.
class QueueModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Place, Name, State, Step, Left, Score, Reason, ColumnCount };
  enum Role { RowRole = Qt::UserRole + 1 };

  using QAbstractTableModel::QAbstractTableModel;
  void setJobs(const std::vector<QueueRow>& jobs);
  [[nodiscard]] const QueueRow& row(int index) const { return rows_[static_cast<std::size_t>(index)]; }
  /// The place among pending jobs, from 0; -1 for a job that has none.
  [[nodiscard]] int placeOf(int row) const;
  [[nodiscard]] int pendingCount() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  Qt::DropActions supportedDropActions() const override { return Qt::MoveAction; }
  QStringList mimeTypes() const override;
  QMimeData* mimeData(const QModelIndexList& indexes) const override;
  bool dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
                    const QModelIndex& parent) override;

 signals:
  void moveWanted(qint64 id, int place);

 private:
  [[nodiscard]] int firstPending() const;

  std::vector<QueueRow> rows_;
};

}  // namespace slab
