#include "widgets/drift_table/drift_table.h"

#include <QHeaderView>

#include "widgets/model_tree/cell_delegate.h"
#include "widgets/theme/theme.h"

namespace slab {

DriftTable::DriftTable(QWidget* parent) : QTableView(parent), model_(new DriftModel(this)) {
  setModel(model_);
  setItemDelegate(new CellDelegate(this));
  setAccessibleName(tr("Drift of the statistics"));
  setFrameShape(QFrame::NoFrame);
  setShowGrid(false);
  setSelectionBehavior(SelectRows);
  setEditTriggers(NoEditTriggers);
  setTabKeyNavigation(false);
  setWordWrap(false);
  setSortingEnabled(true);
  verticalHeader()->hide();
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
  columns->setHighlightSections(false);
  columns->setSectionResizeMode(QHeaderView::ResizeToContents);
  columns->setSectionResizeMode(DriftModel::Norm, QHeaderView::Stretch);
}

}  // namespace slab
