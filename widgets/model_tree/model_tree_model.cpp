#include <cmath>

#include "core/base/format.h"
#include "widgets/latency_chart/latency_row.h"
#include "widgets/model_tree/model_tree_view.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

using Column = ModelTreeModel::Column;

/// The last dotted parts that say something below the parent: "blocks.0.attn" under "layers.0".
QString shortPath(const std::string& path, const std::string& parent) {
  const bool isBelow = !parent.empty() && path.compare(0, parent.size() + 1, parent + ".") == 0;
  return QString::fromStdString(isBelow ? path.substr(parent.size() + 1) : path);
}

QString times(const std::string& shape) {
  return QString::fromStdString(shape)
      .replace(QLatin1Char('x'), QChar(0x00D7))
      .replace(QStringLiteral("->"), QString(QChar(0x2192)));
}

/// The words of both models where they differ: "SLA over 56x56 | window 7".
QString both(const ModuleNode& node, std::string ModuleCost::*member) {
  const QString shown = times(node.shown().*member);
  if (!node.costs[0] || !node.costs[1] || (*node.costs[0]).*member == (*node.costs[1]).*member) return shown;
  return shown + QStringLiteral(" | ") + times((*node.costs[1]).*member);
}

bool isSecond(int column) {
  return column == Column::SecondParameters || column == Column::SecondMacs || column == Column::SecondTime;
}

bool isNumber(int column) {
  return column >= Column::Parameters && column <= Column::SecondTime;
}

}  // namespace

ModelTreeModel::ModelTreeModel(QObject* parent) : QAbstractItemModel(parent), root_(std::make_unique<ModuleNode>()) {}

void ModelTreeModel::setModels(TreeModel first, std::optional<TreeModel> second) {
  beginResetModel();
  first_ = std::move(first);
  second_ = std::move(second);
  root_ = moduleTree(first_, second_ ? &*second_ : nullptr);
  macs_ = 0.0;
  for (const ModuleCost& row : first_.rows) {
    if (row.depth == 0) macs_ += static_cast<double>(row.macs);
  }
  endResetModel();
}

bool ModelTreeModel::hasTimes() const {
  return !first_.milliseconds.empty() || (second_ && !second_->milliseconds.empty());
}

const ModuleNode* ModelTreeModel::nodeOf(const QModelIndex& index) const {
  return index.isValid() ? static_cast<const ModuleNode*>(index.internalPointer()) : root_.get();
}

QModelIndex ModelTreeModel::index(int row, int column, const QModelIndex& parent) const {
  const ModuleNode* node = nodeOf(parent);
  if (row < 0 || row >= static_cast<int>(node->children.size())) return {};
  return createIndex(row, column, node->children[static_cast<std::size_t>(row)].get());
}

QModelIndex ModelTreeModel::parent(const QModelIndex& index) const {
  const ModuleNode* parent = nodeOf(index)->parent;
  if (!index.isValid() || parent == root_.get() || !parent) return {};
  return createIndex(parent->row, 0, parent);
}

int ModelTreeModel::rowCount(const QModelIndex& parent) const {
  return parent.column() > 0 ? 0 : static_cast<int>(nodeOf(parent)->children.size());
}

double ModelTreeModel::shareOf(const ModuleNode& node) const {
  return macs_ > 0 && node.costs[0] ? static_cast<double>(node.costs[0]->macs) / macs_ : 0.0;
}

QString ModelTreeModel::words(const ModuleNode& node, int column) const {
  if (column == Module) return shortPath(node.path, node.parent->path);
  if (column == What) return both(node, &ModuleCost::what);
  if (column == Output) return both(node, &ModuleCost::output);
  const int which = isSecond(column) ? 1 : 0;
  const auto& cost = node.costs[static_cast<std::size_t>(which)];
  if (column == Share || !cost || (which == 1 && !second_)) return {};
  const TreeModel& model = side(which);
  if (column == Time || column == SecondTime) {
    const auto found = model.milliseconds.find(node.path);
    return found == model.milliseconds.end() ? QString() : formatMilliseconds(found->second);
  }
  const bool isParameters = column == Parameters || column == SecondParameters;
  const std::int64_t value = isParameters ? model.parametersOf(*cost) : cost->macs;
  return value > 0 ? QString::fromStdString(formatCount(static_cast<double>(value))) : QString();
}

QString ModelTreeModel::toolTip(const ModuleNode& node, int column) const {
  if (column == Share) return tr("%1 % of the multiply-accumulates").arg(100.0 * shareOf(node), 0, 'f', 1);
  const ModuleCost& cost = node.shown();
  if (column == Parameters && !first_.isFolded && cost.parameters != cost.foldedParameters) {
    return tr("%1 after folding").arg(QString::fromStdString(formatInteger(cost.foldedParameters)));
  }
  return column <= What ? QString::fromStdString(node.path) + ": " + both(node, &ModuleCost::what) : QString();
}

QColor ModelTreeModel::colour(const ModuleNode& node, int column) const {
  const Tokens& tokens = theme().tokens();
  const ModuleCost& cost = node.shown();
  if (column == What || (cost.parameters > 0 && cost.foldedParameters == 0)) return tokens.muted;
  const bool isCompared = second_ && (column == SecondParameters || column == SecondMacs);
  return isCompared && words(node, column) != words(node, column - 1) ? tokens.accent : tokens.text;
}

QVariant ModelTreeModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const ModuleNode& node = *nodeOf(index);
  const int column = index.column();
  switch (role) {
    case Qt::DisplayRole: return words(node, column);
    case kShareRole: return shareOf(node);
    case Qt::AccessibleTextRole: return column == Share ? QVariant(toolTip(node, column)) : QVariant();
    case Qt::ToolTipRole: {
      const QString text = toolTip(node, column);
      return text.isEmpty() ? QVariant() : QVariant(text);
    }
    case Qt::FontRole: return theme().font(column == What ? TextRole::Small : TextRole::NumberSmall);
    case Qt::TextAlignmentRole: return QVariant(Qt::AlignVCenter | (isNumber(column) ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::ForegroundRole: return colour(node, column);
    default: return {};
  }
}

QVariant ModelTreeModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  const QString first = second_ ? tr(" A") : QString();
  switch (role) {
    case Qt::DisplayRole:
      switch (section) {
        case Module: return tr("module");
        case Output: return tr("output");
        case Parameters: return (second_ ? tr("param.") : tr("parameters")) + first;
        case SecondParameters: return tr("param. B");
        case Macs: return tr("MAC") + first;
        case SecondMacs: return tr("MAC B");
        case Time: return tr("ms") + first;
        case SecondTime: return tr("ms B");
        case Share: return tr("share");
        default: return {};
      }
    case Qt::TextAlignmentRole:
      return QVariant(Qt::AlignVCenter | (isNumber(section) ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::ToolTipRole:
      if (section == Macs || section == SecondMacs) return tr("Multiply-accumulates of one image");
      if (section == Time || section == SecondTime) return tr("Milliseconds of one forward, measured");
      return {};
    default: return {};
  }
}

}  // namespace slab
