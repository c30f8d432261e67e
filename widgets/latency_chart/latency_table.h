// The comparison: a table of models, and their bars beside it, row by row.
#pragma once

#include <QAbstractTableModel>
#include <QTableView>

#include "widgets/latency_chart/latency_bars.h"

namespace slab {

class LatencyModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Label, Mean, P50, P90, P99, Against, Interval, Fold, ColumnCount };

  using QAbstractTableModel::QAbstractTableModel;
  void setRows(std::vector<LatencyRow> rows);
  [[nodiscard]] const std::vector<LatencyRow>& rows() const { return rows_; }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  [[nodiscard]] QString text(const LatencyRow& row, int column) const;
  std::vector<LatencyRow> rows_;
};

/// Table and bars with common row positions. Rows that are not measured yet show an em dash.
class LatencyComparison : public QWidget {
  Q_OBJECT

 public:
  explicit LatencyComparison(QWidget* parent = nullptr);

  void setRows(const std::vector<LatencyRow>& rows);
  void setUnit(const QString& unit);
  [[nodiscard]] const std::vector<LatencyRow>& rows() const { return model_->rows(); }
  [[nodiscard]] LatencyBars* bars() const { return bars_; }
  [[nodiscard]] QTableView* table() const { return table_; }

 private:
  void layOut();

  LatencyModel* model_;
  QTableView* table_;
  LatencyBars* bars_;
};

}  // namespace slab
