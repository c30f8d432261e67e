// Cells of our tables: the header's padding, a thin line under each row, no frame around the focus.
#pragma once

#include <QStyledItemDelegate>

class QTableView;

namespace slab {

/// Room in pixels at 100 % that a cell's text leaves at its left, for what a delegate draws there.
inline constexpr int kIndentRole = Qt::UserRole + 100;

/// Draws text, colour, font and swatch of the model as they are; a selected row is filled, and the current cell's row
/// has a bar of the accent colour at its left while the view has the focus.
class CellDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

/// Makes `table` one of ours: rows to read and to choose, drawn by a CellDelegate, without frame, grid or numbers; Tab
/// leaves it.
void setUpTable(QTableView& table);

}  // namespace slab
