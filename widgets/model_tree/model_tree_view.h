// The modules of a model with what each costs.
#pragma once

#include <QAbstractItemModel>
#include <QTreeView>
#include <memory>

#include "core/config/cost.h"
#include "widgets/model_tree/cell_delegate.h"

namespace slab {

/// Rows of the cost preview as a tree: module, what it is, output shape, parameters, MACs, share of the MACs.
/// Where the norms fold away, their parameters are shown in grey: they are gone after folding.
class ModelTreeModel : public QAbstractItemModel {
  Q_OBJECT

 public:
  enum Column { Module, What, Output, Parameters, Macs, Share, ColumnCount };
  /// Share of the model's multiply-accumulates, 0 to 1.
  static constexpr int kShareRole = Qt::UserRole + 1;

  explicit ModelTreeModel(QObject* parent = nullptr);
  ~ModelTreeModel() override;

  void setRows(const std::vector<ModuleCost>& rows);

  [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
  [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& = {}) const override { return ColumnCount; }
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  struct Node;
  [[nodiscard]] const Node* nodeOf(const QModelIndex& index) const;

  std::unique_ptr<Node> root_;
  double macs_ = 0.0;
};

/// Draws the share as a bar; its number is the tool tip and the accessible text.
class ShareBarDelegate : public CellDelegate {
  Q_OBJECT

 public:
  using CellDelegate::CellDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

/// The tree with its columns sized; stages open, blocks closed.
class ModelTreeView : public QTreeView {
  Q_OBJECT

 public:
  explicit ModelTreeView(QWidget* parent = nullptr);

  /// Keeps open what was open where the modules stayed the same.
  void setRows(const std::vector<ModuleCost>& rows);

 private:
  void layOutColumns();

  ModelTreeModel* model_;
};

}  // namespace slab
