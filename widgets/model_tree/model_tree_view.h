// The modules of a model, or of two side by side, with what each costs.
#pragma once

#include <QAbstractItemModel>
#include <QTreeView>
#include <memory>
#include <optional>

#include "widgets/model_tree/cell_delegate.h"
#include "widgets/model_tree/module_tree.h"

namespace slab {

/// Rows: module, what it is, output shape, parameters, MACs, milliseconds, share of the MACs. With a second model its
/// figures stand beside the first's, coloured where they differ. Where a norm folds away, its row is grey.
class ModelTreeModel : public QAbstractItemModel {
  Q_OBJECT

 public:
  enum Column {
    Module,
    What,
    Output,
    Parameters,
    SecondParameters,
    Macs,
    SecondMacs,
    Time,
    SecondTime,
    Share,
    ColumnCount
  };
  /// Share of the first model's multiply-accumulates, 0 to 1.
  static constexpr int kShareRole = Qt::UserRole + 1;

  explicit ModelTreeModel(QObject* parent = nullptr);

  void setModels(TreeModel first, std::optional<TreeModel> second);
  [[nodiscard]] bool hasSecond() const { return second_.has_value(); }
  [[nodiscard]] bool hasTimes() const;

  [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
  [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& = {}) const override { return ColumnCount; }
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  [[nodiscard]] const ModuleNode* nodeOf(const QModelIndex& index) const;
  [[nodiscard]] const TreeModel& side(int index) const { return index == 0 || !second_ ? first_ : *second_; }
  [[nodiscard]] QString words(const ModuleNode& node, int column) const;
  [[nodiscard]] QString toolTip(const ModuleNode& node, int column) const;
  [[nodiscard]] QColor colour(const ModuleNode& node, int column) const;
  [[nodiscard]] double shareOf(const ModuleNode& node) const;

  TreeModel first_;
  std::optional<TreeModel> second_;
  std::unique_ptr<ModuleNode> root_;
  double macs_ = 0.0;
};

/// Draws the share as a bar; its number is the tool tip and the accessible text.
class ShareBarDelegate : public CellDelegate {
  Q_OBJECT

 public:
  using CellDelegate::CellDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

/// The tree with its columns sized; stages open, blocks closed. Columns without figures are hidden.
class ModelTreeView : public QTreeView {
  Q_OBJECT

 public:
  explicit ModelTreeView(QWidget* parent = nullptr);

  /// Keeps open what was open where the modules stayed the same.
  void setModels(TreeModel first, std::optional<TreeModel> second = std::nullopt);
  void setRows(const std::vector<ModuleCost>& rows) { setModels({rows, false, {}}); }

 protected:
  /// A triangle of the font's size; the style's own stays small when the font grows.
  void drawBranches(QPainter* painter, const QRect& rect, const QModelIndex& index) const override;

 private:
  void layOutColumns();

  ModelTreeModel* model_;
};

}  // namespace slab
