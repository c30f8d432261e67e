// Which classes of a data set are looked at: a list to tick, with counts and a search.
#pragma once

#include <QLineEdit>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QWidget>
#include <vector>

#include "widgets/class_filter/class_filter_model.h"

namespace slab {

/// A click on the box (in the class's colour) or the space bar shows and hides a class; a double click or Enter shows
/// that class alone, and all when it was alone. Typing in the search narrows the list; "all" and "none" act on what
/// the search leaves. Sortable by any column.
class ClassFilter : public QWidget {
  Q_OBJECT

 public:
  explicit ClassFilter(QWidget* parent = nullptr);

  void setClasses(std::vector<FilterClass> classes);
  /// One value a class, in the order they were given.
  [[nodiscard]] const std::vector<bool>& shown() const { return model_->shown(); }
  void setShown(const std::vector<bool>& shown) { model_->setShown(shown); }
  [[nodiscard]] int shownCount() const;
  void setSearch(const QString& words) { search_->setText(words); }
  [[nodiscard]] int listedCount() const { return listed_->rowCount(); }
  [[nodiscard]] QTableView* table() const { return table_; }

 signals:
  void changed();

 protected:
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  void layOut();
  void toggle(const QModelIndex& row);
  void showAlone(const QModelIndex& row);
  void setListed(bool shown);

  ClassFilterModel* model_;
  QSortFilterProxyModel* listed_;
  QLineEdit* search_;
  QTableView* table_;
};

}  // namespace slab
