// The list of a data set's images, sortable by the errors of a model.
#pragma once

#include <QTableView>
#include <vector>

#include "widgets/image_table/image_table_model.h"

namespace slab {

class ImageTable : public QTableView {
  Q_OBJECT

 public:
  explicit ImageTable(QWidget* parent = nullptr);

  /// `isCompared`: with results, whose columns are hidden else. The current image stays where it is still there.
  void setRows(std::vector<ImageTableRow> rows, bool isCompared);
  [[nodiscard]] const ImageTableModel& images() const { return *images_; }
  /// Place in the set; -1: none.
  [[nodiscard]] qint64 currentImage() const;
  void setCurrentImage(qint64 image);
  void setCurrentRow(int row);

 signals:
  void currentImageChanged(qint64 image);
  /// Rows or their order are others.
  void arranged();

 private:
  void layOut();

  ImageTableModel* images_;
  bool isQuiet_ = false;  // rows are being replaced
};

}  // namespace slab
