#include "widgets/model_tree/model_tree_view.h"

#include <QHeaderView>
#include <QPainter>
#include <QSet>
#include <functional>

#include "widgets/theme/theme.h"

namespace slab {

void ShareBarDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  CellDelegate::paint(painter, option, index);
  const double share = index.data(ModelTreeModel::kShareRole).toDouble();
  if (share <= 0.0) return;
  const double thickness = theme().px(8), inset = theme().px(4);
  const double room = option.rect.width() - 2 * inset;
  const QRectF bar(option.rect.left() + inset, option.rect.center().y() - thickness / 2 + 0.5,
                   std::max(1.5, share * room), thickness);
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setPen(Qt::NoPen);
  painter->setBrush(theme().tokens().series[0]);
  painter->drawRoundedRect(bar, 2, 2);
  painter->restore();
}

ModelTreeView::ModelTreeView(QWidget* parent) : QTreeView(parent), model_(new ModelTreeModel(this)) {
  setModel(model_);
  setItemDelegate(new CellDelegate(this));
  setItemDelegateForColumn(ModelTreeModel::Share, new ShareBarDelegate(this));
  setAccessibleName(tr("Model"));
  setFrameShape(QFrame::NoFrame);
  setUniformRowHeights(true);
  setExpandsOnDoubleClick(true);
  header()->setStretchLastSection(true);
  connect(&theme(), &Theme::changed, this, &ModelTreeView::layOutColumns);
}

void ModelTreeView::setModels(TreeModel first, std::optional<TreeModel> second) {
  const auto pathOf = [](const QModelIndex& index) {
    QString path;
    for (QModelIndex at = index; at.isValid(); at = at.parent()) path.prepend('/' + at.data().toString());
    return path;
  };
  QSet<QString> open;
  const bool isFirst = model_->rowCount() == 0;
  const std::function<void(const QModelIndex&, const std::function<void(const QModelIndex&)>&)> walk =
      [&](const QModelIndex& parent, const std::function<void(const QModelIndex&)>& visit) {
        for (int i = 0; i < model_->rowCount(parent); ++i) {
          const QModelIndex child = model_->index(i, 0, parent);
          if (model_->rowCount(child) == 0) continue;
          visit(child);
          walk(child, visit);
        }
      };
  walk({}, [&](const QModelIndex& index) {
    if (isExpanded(index)) open.insert(pathOf(index));
  });
  model_->setModels(std::move(first), std::move(second));
  walk({}, [&](const QModelIndex& index) {
    if (isFirst ? index.row() == 1 && !index.parent().isValid() : open.contains(pathOf(index))) expand(index);
  });
  layOutColumns();
}

void ModelTreeView::drawBranches(QPainter* painter, const QRect& rect, const QModelIndex& index) const {
  if (model_->rowCount(index) == 0) return;
  const double half = theme().px(7) / 2.0;
  const QPointF centre(rect.right() - theme().px(5), rect.center().y() + 0.5);
  const QPolygonF closed{{-half * 0.6, -half}, {half * 0.7, 0}, {-half * 0.6, half}};
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setPen(Qt::NoPen);
  painter->setBrush(theme().tokens().muted);
  painter->translate(centre);
  if (isExpanded(index)) painter->rotate(90);
  painter->drawPolygon(closed);
  painter->restore();
}

void ModelTreeView::layOutColumns() {
  using M = ModelTreeModel;
  setIndentation(theme().px(12));
  header()->setStretchLastSection(false);
  header()->setSectionResizeMode(QHeaderView::ResizeToContents);
  header()->setSectionResizeMode(M::What, QHeaderView::Stretch);
  header()->setSectionResizeMode(M::Share, QHeaderView::Fixed);
  header()->resizeSection(M::Share, theme().px(60));
  for (const int column : {M::SecondParameters, M::SecondMacs}) setColumnHidden(column, !model_->hasSecond());
  setColumnHidden(M::Time, !model_->hasTimes());
  setColumnHidden(M::SecondTime, !model_->hasTimes() || !model_->hasSecond());
  setColumnHidden(M::Share, model_->hasSecond());
}

}  // namespace slab
