// The runs of a project: a filter line over a table, or over a narrow list.
#pragma once

#include <QWidget>

#include "widgets/run_table/run_model.h"

class QAbstractItemView;
class QLabel;
class QLineEdit;
class QTableView;

namespace slab {

/// `Full`: all columns, sortable, names edited in place (F2), check boxes show and hide curves. `Narrow`: two lines a
/// run with its colour, for beside the curves. One model may serve several tables.
class RunTable : public QWidget {
  Q_OBJECT
 public:
  enum class Form { Full, Narrow };
  RunTable(RunModel* model, Form form, QWidget* parent = nullptr);

  void setCurrent(const QString& path);
  [[nodiscard]] QString current() const;
  void setFilterText(const QString& text);
  [[nodiscard]] int shownRows() const { return proxy_->rowCount(); }
  void editName();
  [[nodiscard]] QAbstractItemView* view() const { return view_; }

 signals:
  void currentChosen(const QString& path);
  void activated(const QString& path);
  void menuWanted(const QString& path, const QPoint& at);
  void filterChanged();

 private:
  void applyFilter();
  void restyle();

  RunModel* model_;
  RunProxy* proxy_;
  QLineEdit* filter_;
  QLabel* problem_;
  QAbstractItemView* view_;
};

}  // namespace slab
