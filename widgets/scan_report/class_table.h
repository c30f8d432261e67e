// The classes of a scanned data set: names, counts, faults, and a bar that makes an unbalanced set visible.
#pragma once

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <vector>

#include "core/wire/messages.h"

namespace slab {

class ClassModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Name, Title, Train, Bar, Bad, Validation, ColumnCount };
  /// A cell's value for sorting; a bar's is its share of the largest class, 0 to 1.
  static constexpr int kValueRole = Qt::UserRole;

  using QAbstractTableModel::QAbstractTableModel;
  void setReport(const ScanReport& report);
  [[nodiscard]] bool hasTitles() const { return hasTitles_; }
  [[nodiscard]] bool hasValidation() const { return hasValidation_; }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  struct Row {
    QString name, title;
    qint64 train = 0, bad = 0, validation = 0;
  };
  [[nodiscard]] QVariant value(const Row& row, int column) const;
  [[nodiscard]] QVariant words(const Row& row, int column) const;
  [[nodiscard]] QVariant colour(const Row& row, int column) const;

  std::vector<Row> rows_;
  qint64 largest_ = 1;
  bool hasTitles_ = false, hasValidation_ = false;
};

/// Sortable by any column; begins in the order of the labels.
class ClassTable : public QTableView {
  Q_OBJECT

 public:
  explicit ClassTable(QWidget* parent = nullptr);
  void setReport(const ScanReport& report);
  [[nodiscard]] const ClassModel& classes() const { return *classes_; }

 private:
  void layOut();

  ClassModel* classes_;
  QSortFilterProxyModel* sorted_;
};

}  // namespace slab
