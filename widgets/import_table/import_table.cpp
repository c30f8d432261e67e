#include "widgets/import_table/import_table.h"

#include <QHeaderView>
#include <QLineEdit>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/model_tree/cell_delegate.h"
#include "widgets/theme/controls.h"
#include "widgets/theme/theme.h"

namespace slab {

ImportTable::ImportTable(QWidget* parent)
    : QWidget(parent),
      model_(new ImportModel(this)),
      filter_(new ImportFilter(this)),
      table_(new QTableView),
      words_(new QLineEdit),
      show_(new Segmented(tr("Which keys"))) {
  filter_->setSourceModel(model_);
  words_->setPlaceholderText(tr("attn qkv"));
  words_->setAccessibleName(tr("Filter the keys"));
  words_->setClearButtonEnabled(true);
  show_->setOptions({tr("all"), tr("problems"), tr("changed")});
  auto* line = new QHBoxLayout;
  line->addWidget(words_, 1);
  line->addWidget(show_);
  auto* column = new QVBoxLayout(this);
  column->setSpacing(theme().px(size::kTiny));
  column->addLayout(line);
  column->addWidget(table_, 1);
  const auto restyle = [this, line, column] {
    const int side = theme().px(size::kMedium);
    column->setContentsMargins(0, 0, 0, theme().px(size::kTiny));
    line->setContentsMargins(side, 0, side, 0);
    line->setSpacing(theme().px(size::kSmall));
    layOut();
  };
  table_->setModel(filter_);
  setUpTable(*table_);
  table_->setAccessibleName(tr("Keys of the checkpoint"));
  connect(words_, &QLineEdit::textChanged, filter_, &ImportFilter::setWords);
  connect(show_, &Segmented::activated, this, [this](int index) { filter_->setShow(static_cast<ImportShow>(index)); });
  connect(&theme(), &Theme::changed, this, restyle);
  restyle();
}

void ImportTable::setReport(const ImportReport& report) {
  model_->setKeys(report.keys);
  const bool hasProblem = std::any_of(report.keys.begin(), report.keys.end(), isImportProblem);
  const ImportShow show = hasProblem ? ImportShow::Problems : ImportShow::All;
  show_->setCurrent(static_cast<int>(show));
  filter_->setShow(show);
  layOut();
}

void ImportTable::layOut() {
  table_->verticalHeader()->setDefaultSectionSize(theme().px(26));
  QHeaderView* columns = table_->horizontalHeader();
  columns->setSectionResizeMode(QHeaderView::ResizeToContents);
  columns->setSectionResizeMode(ImportModel::Note, QHeaderView::Stretch);
}

}  // namespace slab
