#include "widgets/queue_table/queue_delegate.h"

#include <QPainter>

#include "widgets/queue_table/queue_model.h"
#include "widgets/theme/theme.h"

namespace slab {

void QueueDelegate::paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const Tokens& t = theme().tokens();
  if (option.state.testFlag(QStyle::State_Selected)) p->fillRect(option.rect, t.accentBackground);
  p->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), t.grid);
  const QRect box = option.rect.adjusted(theme().px(8), 0, -theme().px(8), 0);
  const auto job = index.data(QueueModel::RowRole).value<QueueRow>();
  if (index.column() == QueueModel::Step && job.state == JobState::Running && job.steps > 0) {
    const int height = theme().px(3), bottom = option.rect.bottom() - theme().px(3);
    const QRect whole(box.left(), bottom - height, box.width(), height);
    QRect done = whole;
    done.setWidth(static_cast<int>(static_cast<double>(whole.width()) * static_cast<double>(job.step) /
                                   static_cast<double>(job.steps)));
    p->fillRect(whole, t.line);
    p->fillRect(done, t.accent);
  }
  const QVariant colour = index.data(Qt::ForegroundRole);
  p->setPen(colour.isValid() ? colour.value<QColor>() : t.text);
  p->setFont(index.data(Qt::FontRole).value<QFont>());
  const QString text = p->fontMetrics().elidedText(
      index.data().toString(), index.column() == QueueModel::Reason ? Qt::ElideRight : Qt::ElideMiddle, box.width());
  p->drawText(box, index.data(Qt::TextAlignmentRole).toInt(), text);
}

QSize QueueDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex& index) const {
  const QFontMetrics metrics(index.data(Qt::FontRole).value<QFont>());
  return {metrics.horizontalAdvance(index.data().toString()) + theme().px(17), theme().px(32)};
}

}  // namespace slab
