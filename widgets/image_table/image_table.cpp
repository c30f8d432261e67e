#include "widgets/image_table/image_table.h"

#include <QHeaderView>

#include "widgets/model_tree/cell_delegate.h"
#include "widgets/theme/theme.h"

namespace slab {

ImageTable::ImageTable(QWidget* parent) : QTableView(parent), images_(new ImageTableModel(this)) {
  setModel(images_);
  setUpTable(*this);
  setAccessibleName(tr("Images"));
  setSelectionMode(SingleSelection);
  setTextElideMode(Qt::ElideMiddle);
  horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
  setSortingEnabled(true);
  connect(images_, &QAbstractItemModel::layoutChanged, this, [this] {
    scrollTo(currentIndex());
    emit arranged();
  });
  connect(selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& row) {
    if (!isQuiet_ && row.isValid()) emit currentImageChanged(images_->row(row.row()).image);
  });
  connect(&theme(), &Theme::changed, this, &ImageTable::layOut);
  setRows({}, false);
}

void ImageTable::setRows(std::vector<ImageTableRow> rows, bool isCompared) {
  const qint64 before = currentImage();
  isQuiet_ = true;
  images_->setRows(std::move(rows));
  for (const int column :
       {ImageTableModel::Errors, ImageTableModel::Wrong, ImageTableModel::Missed, ImageTableModel::Right}) {
    setColumnHidden(column, !isCompared);
  }
  setColumnHidden(ImageTableModel::Objects, isCompared);  // right and missed together
  setCurrentImage(before);
  isQuiet_ = false;
  layOut();
  emit arranged();
}

qint64 ImageTable::currentImage() const {
  const QModelIndex index = currentIndex();
  return index.isValid() ? images_->row(index.row()).image : -1;
}

void ImageTable::setCurrentImage(qint64 image) {
  if (image >= 0) setCurrentRow(images_->rowOf(image));
}

void ImageTable::setCurrentRow(int row) {
  if (row < 0 || row >= images_->rowCount()) return;
  setCurrentIndex(images_->index(row, 0));
  scrollTo(currentIndex());
}

void ImageTable::layOut() {
  verticalHeader()->setDefaultSectionSize(theme().px(26));
  QHeaderView* columns = horizontalHeader();
  // Fixed: to measure a hundred thousand rows takes longer than to read them.
  columns->setSectionResizeMode(QHeaderView::Interactive);
  columns->setMinimumSectionSize(theme().px(24));
  const QFontMetrics words(columns->font());
  for (int column = 1; column < ImageTableModel::ColumnCount; ++column) {
    const QString title = images_->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
    setColumnWidth(column, words.horizontalAdvance(title) + 2 * theme().px(size::kSmall));
  }
  columns->setSectionResizeMode(ImageTableModel::Name, QHeaderView::Stretch);
}

}  // namespace slab
