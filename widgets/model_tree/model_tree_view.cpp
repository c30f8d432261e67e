#include "widgets/model_tree/model_tree_view.h"

#include <QHeaderView>
#include <QPainter>
#include <QSet>

#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {

struct ModelTreeModel::Node {
  ModuleCost cost;
  Node* parent = nullptr;
  int row = 0;
  std::vector<std::unique_ptr<Node>> children;

  Node* add(const ModuleCost& value) {
    auto child = std::make_unique<Node>();
    child->cost = value;
    child->parent = this;
    child->row = static_cast<int>(children.size());
    children.push_back(std::move(child));
    return children.back().get();
  }
};

namespace {

/// The last dotted parts that say something below the parent: "blocks.0.attn" under "layers.0".
QString shortPath(const std::string& path, const std::string& parent) {
  const bool isBelow = !parent.empty() && path.compare(0, parent.size() + 1, parent + ".") == 0;
  return QString::fromStdString(isBelow ? path.substr(parent.size() + 1) : path);
}

QString times(const std::string& shape) {
  return QString::fromStdString(shape).replace(QLatin1Char('x'), QChar(0x00D7));
}

QString count(std::int64_t value) {
  return value > 0 ? QString::fromStdString(formatCount(double(value))) : QString();
}

}  // namespace

ModelTreeModel::ModelTreeModel(QObject* parent) : QAbstractItemModel(parent), root_(std::make_unique<Node>()) {}
ModelTreeModel::~ModelTreeModel() = default;

void ModelTreeModel::setRows(const std::vector<ModuleCost>& rows) {
  beginResetModel();
  root_ = std::make_unique<Node>();
  macs_ = 0.0;
  std::vector<Node*> open{root_.get()};
  for (const ModuleCost& row : rows) {
    const auto depth = static_cast<std::size_t>(std::max(0, row.depth));
    open.resize(std::min(open.size(), depth + 1));
    open.push_back(open.back()->add(row));
    if (row.depth == 0) macs_ += static_cast<double>(row.macs);
  }
  endResetModel();
}

const ModelTreeModel::Node* ModelTreeModel::nodeOf(const QModelIndex& index) const {
  return index.isValid() ? static_cast<const Node*>(index.internalPointer()) : root_.get();
}

QModelIndex ModelTreeModel::index(int row, int column, const QModelIndex& parent) const {
  const Node* node = nodeOf(parent);
  if (row < 0 || row >= static_cast<int>(node->children.size())) return {};
  return createIndex(row, column, node->children[static_cast<std::size_t>(row)].get());
}

QModelIndex ModelTreeModel::parent(const QModelIndex& index) const {
  const Node* parent = nodeOf(index)->parent;
  if (!index.isValid() || parent == root_.get() || !parent) return {};
  return createIndex(parent->row, 0, parent);
}

int ModelTreeModel::rowCount(const QModelIndex& parent) const {
  return parent.column() > 0 ? 0 : static_cast<int>(nodeOf(parent)->children.size());
}

QVariant ModelTreeModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Node* node = nodeOf(index);
  const ModuleCost& cost = node->cost;
  const double share = macs_ > 0 ? static_cast<double>(cost.macs) / macs_ : 0.0;
  const int column = index.column();
  switch (role) {
    case Qt::DisplayRole:
      switch (column) {
        case Module: return shortPath(cost.path, node->parent->cost.path);
        case What: return times(cost.what).replace(QStringLiteral("->"), QString(QChar(0x2192)));
        case Output: return times(cost.output);
        case Parameters: return count(cost.parameters);
        case Macs: return count(cost.macs);
        default: return {};
      }
    case kShareRole: return share;
    case Qt::AccessibleTextRole:
    case Qt::ToolTipRole:
      if (column == Share) return tr("%1 % of the multiply-accumulates").arg(100.0 * share, 0, 'f', 1);
      if (column == Parameters && cost.parameters != cost.foldedParameters) {
        return tr("%1 after folding").arg(QString::fromStdString(formatInteger(cost.foldedParameters)));
      }
      return role == Qt::ToolTipRole && column <= What ? QVariant(QString::fromStdString(cost.path + ": " + cost.what))
                                                       : QVariant();
    case Qt::FontRole: return theme().font(column == What ? TextRole::Small : TextRole::NumberSmall);
    case Qt::TextAlignmentRole:
      return QVariant(Qt::AlignVCenter | (column == Parameters || column == Macs ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::ForegroundRole:
      return column == What || (cost.parameters > 0 && cost.foldedParameters == 0) ? theme().tokens().muted
                                                                                   : theme().tokens().text;
    default: return {};
  }
}

QVariant ModelTreeModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  static const char* const kTitles[] = {QT_TR_NOOP("module"),     QT_TR_NOOP(""),    QT_TR_NOOP("output"),
                                        QT_TR_NOOP("parameters"), QT_TR_NOOP("MAC"), QT_TR_NOOP("share")};
  if (role == Qt::DisplayRole) return section == What ? QString() : tr(kTitles[section]);
  if (role == Qt::TextAlignmentRole) {
    return QVariant(Qt::AlignVCenter | (section == Parameters || section == Macs ? Qt::AlignRight : Qt::AlignLeft));
  }
  if (role == Qt::ToolTipRole && section == Macs) return tr("Multiply-accumulates of one image");
  return {};
}

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

void ModelTreeView::setRows(const std::vector<ModuleCost>& rows) {
  const auto pathOf = [this](const QModelIndex& index) {
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
  model_->setRows(rows);
  walk({}, [&](const QModelIndex& index) {
    if (isFirst ? index.row() == 1 && !index.parent().isValid() : open.contains(pathOf(index))) expand(index);
  });
  layOutColumns();
}

void ModelTreeView::layOutColumns() {
  setIndentation(theme().px(12));
  header()->setStretchLastSection(false);
  header()->setSectionResizeMode(QHeaderView::ResizeToContents);
  header()->setSectionResizeMode(ModelTreeModel::What, QHeaderView::Stretch);
  header()->setSectionResizeMode(ModelTreeModel::Share, QHeaderView::Fixed);
  header()->resizeSection(ModelTreeModel::Share, theme().px(60));
}

}  // namespace slab
