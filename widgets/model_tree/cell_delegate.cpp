#include "widgets/model_tree/cell_delegate.h"

#include <QHeaderView>
#include <QPainter>
#include <QTableView>

#include "widgets/theme/theme.h"

namespace slab {

void CellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QStyleOptionViewItem cell = option;
  initStyleOption(&cell, index);
  const Tokens& tokens = theme().tokens();
  painter->save();
  if (cell.state.testFlag(QStyle::State_Selected)) painter->fillRect(cell.rect, tokens.accentBackground);
  painter->fillRect(QRect(cell.rect.left(), cell.rect.bottom(), cell.rect.width(), 1), tokens.grid);
  if (cell.state.testFlag(QStyle::State_HasFocus)) {
    painter->fillRect(QRect(cell.rect.left(), cell.rect.top(), theme().px(2), cell.rect.height()), tokens.accent);
  }
  QRect words = cell.rect.adjusted(theme().px(size::kSmall), 0, -theme().px(size::kSmall), 0);
  if (!cell.icon.isNull()) {
    const int side = theme().px(12);
    cell.icon.paint(painter, QRect(words.left(), words.center().y() - side / 2 + 1, side, side));
    words.setLeft(words.left() + side + theme().px(6));
  }
  words.setLeft(words.left() + theme().px(index.data(kIndentRole).toInt()));
  painter->setFont(cell.font);
  painter->setPen(cell.palette.color(QPalette::Text));
  const QString text = QFontMetrics(cell.font).elidedText(cell.text, Qt::ElideRight, words.width());
  painter->drawText(words, static_cast<int>(cell.displayAlignment) | Qt::TextSingleLine, text);
  painter->restore();
}

QSize CellDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QStyleOptionViewItem cell = option;
  initStyleOption(&cell, index);
  const QFontMetrics metrics(cell.font);
  const int icon = cell.icon.isNull() ? 0 : theme().px(18);
  return {metrics.horizontalAdvance(cell.text) + 2 * theme().px(size::kSmall) + icon + 2,
          std::max(metrics.height() + theme().px(size::kSmall), theme().px(26))};
}

void setUpTable(QTableView& table) {
  table.setItemDelegate(new CellDelegate(&table));
  table.setFrameShape(QFrame::NoFrame);
  table.setShowGrid(false);
  table.setSelectionBehavior(QAbstractItemView::SelectRows);
  table.setEditTriggers(QAbstractItemView::NoEditTriggers);
  table.setTabKeyNavigation(false);
  table.setWordWrap(false);
  table.verticalHeader()->hide();
  table.horizontalHeader()->setHighlightSections(false);
}

}  // namespace slab
