// The runs as a Qt model, sorted and filtered by a proxy.
#pragma once

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <vector>

#include "widgets/run_table/run_filter.h"

namespace slab {

/// Rows are identified by path: an update that keeps the paths changes cells in place, so selection and scroll stay.
class RunModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Name, State, Top1, BestTop1, Loss, Step, Norm, Attention, Model, Time, Started, ColumnCount };
  enum Role { RowRole = Qt::UserRole + 1, SortRole };

  using QAbstractTableModel::QAbstractTableModel;
  void setRuns(const std::vector<RunRow>& runs);
  [[nodiscard]] const RunRow& row(int index) const { return rows_[static_cast<std::size_t>(index)]; }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;

 signals:
  void renameWanted(const QString& path, const QString& name);
  void showWanted(const QString& path, bool shown);

 private:
  /// The header, of scores what the run's is.
  [[nodiscard]] QString columnName(const RunRow& run, int column) const;

  std::vector<RunRow> rows_;
};

class RunProxy : public QSortFilterProxyModel {
  Q_OBJECT
 public:
  explicit RunProxy(QObject* parent = nullptr);
  void setFilter(const RunFilter& filter);

 protected:
  bool filterAcceptsRow(int source_row, const QModelIndex& parent) const override;

 private:
  RunFilter filter_;
};

}  // namespace slab
