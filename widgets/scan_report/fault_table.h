// What a scan found: files that can't be used, by kind, with cause and byte, and oddities that lose nothing.
#pragma once

#include <QAbstractTableModel>
#include <QComboBox>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <vector>

#include "core/wire/messages.h"

namespace slab {

/// Kind as a person says it: "cut", "not an image".
QString faultWords(const QString& kind);

class FaultModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Kind, File, Cause, Offset, ColumnCount };
  /// The kind's stable name; "note" for an oddity.
  static constexpr int kKindRole = Qt::UserRole;
  static constexpr int kPathRole = Qt::UserRole + 1;

  using QAbstractTableModel::QAbstractTableModel;
  /// Files are shown relative to `root`.
  void setReport(const ScanReport& report, const QString& root);
  void setPlaceTitle(const QString& title);

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  struct Row {
    QString kind, path, shown, cause;
    qint64 offset = -1;
  };
  std::vector<Row> rows_;
  QString placeTitle_ = tr("file");
};

/// The table under a choice of the kind.
class FaultTable : public QWidget {
  Q_OBJECT

 public:
  explicit FaultTable(QWidget* parent = nullptr);

  void setReport(const ScanReport& report, const QString& root);
  /// The file of the current row; "" without one.
  [[nodiscard]] QString currentFile() const;
  [[nodiscard]] int shownRows() const { return filter_->rowCount(); }
  /// What the second column names, where it is no file; it is as wide as its words then.
  void setPlaceTitle(const QString& title);
  /// Shows one kind only; "": all.
  void setKind(const QString& kind);

 signals:
  void currentChanged(const QString& file, const QString& cause);
  void activated(const QString& file);

 private:
  void layOut();

  FaultModel* model_;
  QSortFilterProxyModel* filter_;
  QTableView* table_;
  QComboBox* kinds_;
  bool isOfFiles_ = true;
};

}  // namespace slab
