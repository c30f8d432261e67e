// What became of every key of an imported checkpoint, to be filtered by words and by status.
#pragma once

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <QTableView>

#include "core/wire/messages.h"

class QLineEdit;

namespace slab {

class Segmented;

/// Keys of an import report, a row each.
class ImportModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Key, Status, Shape, Note, ColumnCount };

  using QAbstractTableModel::QAbstractTableModel;
  void setKeys(std::vector<ImportKey> keys);
  [[nodiscard]] const ImportKey& key(int row) const { return keys_[static_cast<std::size_t>(row)]; }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<ImportKey> keys_;
};

/// Which keys are looked at: all; those that stop an import; those that were changed on the way.
enum class ImportShow { All, Problems, Changed };

class ImportFilter : public QSortFilterProxyModel {
  Q_OBJECT

 public:
  using QSortFilterProxyModel::QSortFilterProxyModel;
  void setShow(ImportShow show);
  void setWords(const QString& words);

 protected:
  [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

 private:
  ImportShow show_ = ImportShow::All;
  QString words_;
};

/// The filter's line over the table.
class ImportTable : public QWidget {
  Q_OBJECT

 public:
  explicit ImportTable(QWidget* parent = nullptr);

  /// Begins with the problems where there are any.
  void setReport(const ImportReport& report);
  [[nodiscard]] int shownRows() const { return filter_->rowCount(); }

 private:
  void layOut();

  ImportModel* model_;
  ImportFilter* filter_;
  QTableView* table_;
  QLineEdit* words_;
  Segmented* show_;
};

/// "missing", "unexpected" and "misshapen" keep an import from being complete.
bool isImportProblem(const ImportKey& key);

/// "PyTorch zip, 173 keys: 170 matched, 2 resized, 1 missing".
QString importWords(const ImportReport& report);

}  // namespace slab
