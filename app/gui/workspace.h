// One workspace: the cards of a panel as docks, with a layout that is remembered and can be reset.
#pragma once

#include <QMainWindow>
#include <QPointer>

#include "app/gui/panel.h"

namespace slab {

class CardDock;

class Workspace : public QMainWindow {
  Q_OBJECT
 public:
  /// Owns `panel` from here on.
  explicit Workspace(Panel* panel, QWidget* parent = nullptr);

  [[nodiscard]] Panel& panel() const { return *panel_; }
  [[nodiscard]] const QList<CardDock*>& docks() const { return docks_; }
  void resetLayout();
  /// From and to QSettings, under the panel's id.
  void saveLayout() const;
  bool restoreLayout();

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  CardDock* dock(const QString& id) const;
  CardDock* firstOf(const CardLayout& layout) const;
  void place(const CardLayout& layout);
  void applyShares(const CardLayout& layout, const QSize& size);

  Panel* panel_;
  QList<CardDock*> docks_;
  bool isDefault_ = true;
  QSize sharedSize_;  ///< when the shares were applied to a shown window
};

}  // namespace slab
