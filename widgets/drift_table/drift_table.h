// How far a recalibration moved the statistics of each norm, and what that did to the accuracy.
#pragma once

#include <QAbstractTableModel>
#include <QStringList>
#include <QTableView>

#include "core/wire/messages.h"

namespace slab {

/// Rows of a recalibration report, in percent, sorted by any column; what moved far stands out.
class DriftModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Norm, Mean, Variance, ColumnCount };

  using QAbstractTableModel::QAbstractTableModel;
  void setReport(const RecalibrationReport& report);

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  void sort(int column, Qt::SortOrder order) override;

 private:
  std::vector<RecalibrationRow> rows_;
};

class DriftTable : public QTableView {
  Q_OBJECT

 public:
  explicit DriftTable(QWidget* parent = nullptr);
  void setReport(const RecalibrationReport& report);

 private:
  void layOut();

  DriftModel* model_;
};

/// "top-1 84.2 % before, 85.0 % after", "100 batches, cumulative", ...: what a recalibration came to, a line each.
QStringList recalibrationWords(const RecalibrationReport& report);

}  // namespace slab
