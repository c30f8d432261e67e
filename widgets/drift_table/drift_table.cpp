#include "widgets/drift_table/drift_table.h"

#include <QHeaderView>

#include "widgets/model_tree/cell_delegate.h"
#include "widgets/theme/theme.h"

namespace slab {

DriftTable::DriftTable(QWidget* parent) : QTableView(parent), model_(new DriftModel(this)) {
  setModel(model_);
  setUpTable(*this);
  setAccessibleName(tr("Drift of the statistics"));
  setSortingEnabled(true);
  connect(&theme(), &Theme::changed, this, &DriftTable::layOut);
  layOut();
}

void DriftTable::setReport(const RecalibrationReport& report) {
  model_->setReport(report);
  sortByColumn(DriftModel::Variance, Qt::DescendingOrder);
  layOut();
}

void DriftTable::layOut() {
  verticalHeader()->setDefaultSectionSize(theme().px(26));
  QHeaderView* columns = horizontalHeader();
  columns->setSectionResizeMode(QHeaderView::ResizeToContents);
  columns->setSectionResizeMode(DriftModel::Norm, QHeaderView::Stretch);
}

}  // namespace slab
