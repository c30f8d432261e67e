// The images of a data set with what is in them and what a model got wrong, in an order to choose.
#pragma once

#include <QAbstractTableModel>
#include <vector>

namespace slab {

struct ImageTableRow {
  qint64 image = 0;  ///< its place in the set
  QString name;
  int objects = 0;
  int right = 0, wrong = 0, missed = 0;  ///< where results are compared
  [[nodiscard]] int errors() const { return wrong + missed; }
};

/// Sorts its own rows, so that a hundred thousand take a moment; equal ones keep the order of the set.
class ImageTableModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Name, Objects, Errors, Wrong, Missed, Right, ColumnCount };

  using QAbstractTableModel::QAbstractTableModel;
  /// In the order of the set; the chosen order is kept.
  void setRows(std::vector<ImageTableRow> rows);
  [[nodiscard]] const ImageTableRow& row(int at) const { return rows_[order_[static_cast<std::size_t>(at)]]; }
  /// Where an image is now; -1: not among them.
  [[nodiscard]] int rowOf(qint64 image) const;

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  void sort(int column, Qt::SortOrder order) override;

 private:
  void arrange();

  std::vector<ImageTableRow> rows_;
  std::vector<std::size_t> order_;
  int column_ = -1;
  Qt::SortOrder direction_ = Qt::AscendingOrder;
};

}  // namespace slab
