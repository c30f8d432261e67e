#include "widgets/certificate_table/certificate_table.h"

#include <QHeaderView>

#include "widgets/model_tree/cell_delegate.h"
#include "widgets/theme/theme.h"

namespace slab {

CertificateTable::CertificateTable(QWidget* parent) : QTableView(parent), model_(new CertificateModel(this)) {
  setModel(model_);
  setUpTable(*this);
  setAccessibleName(tr("Fold certificate"));
  connect(&theme(), &Theme::changed, this, &CertificateTable::layOut);
  layOut();
}

void CertificateTable::setReport(const FoldReport& report) {
  model_->setReport(report);
  layOut();
}

void CertificateTable::layOut() {
  verticalHeader()->setDefaultSectionSize(theme().px(26));
  QHeaderView* columns = horizontalHeader();
  columns->setSectionResizeMode(QHeaderView::ResizeToContents);
  columns->setSectionResizeMode(CertificateModel::Rule, QHeaderView::Stretch);
}

}  // namespace slab
