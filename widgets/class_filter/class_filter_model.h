// Classes with counts, each shown or not.
#pragma once

#include <QAbstractTableModel>
#include <vector>

namespace slab {

struct FilterClass {
  QString name;
  qint64 objects = 0, crowds = 0;
};

class ClassFilterModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Name, Objects, Crowds, ColumnCount };
  static constexpr int kValueRole = Qt::UserRole;       ///< for sorting
  static constexpr int kColourRole = Qt::UserRole + 1;  ///< of the class, in Name

  using QAbstractTableModel::QAbstractTableModel;
  void setClasses(std::vector<FilterClass> classes);
  /// One value a class.
  void setShown(const std::vector<bool>& shown);
  [[nodiscard]] const std::vector<bool>& shown() const { return shown_; }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;

 signals:
  void shownChanged();

 private:
  std::vector<FilterClass> classes_;
  std::vector<bool> shown_;
};

}  // namespace slab
