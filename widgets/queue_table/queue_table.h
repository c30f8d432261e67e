// The queue as a table: waiting jobs are dragged to another place, or moved by keys.
#pragma once

#include <QWidget>
#include <vector>

#include "widgets/queue_table/queue_model.h"

class QTableView;

namespace slab {

class QueueTable : public QWidget {
  Q_OBJECT
 public:
  explicit QueueTable(QueueModel* model, QWidget* parent = nullptr);

  /// The chosen jobs, from top to bottom.
  [[nodiscard]] std::vector<QueueRow> chosen() const;
  void choose(qint64 id);
  [[nodiscard]] QTableView* view() const { return view_; }

 signals:
  void chosenChanged();
  /// Enter or a double click.
  void activated(qint64 id);
  void menuWanted(const QPoint& at);

 private:
  void restyle();
  void keepChoice();

  QueueModel* model_;
  QTableView* view_;
  std::vector<qint64> kept_;  ///< chosen before the model was reset
};

}  // namespace slab
