// The bar on top: what you look at (run, device, step, epoch, speed) and the actions of the workspace.
#pragma once

#include <QPointer>
#include <QWidget>

#include "widgets/theme/controls.h"

class QHBoxLayout;

namespace slab {

class Panel;
class Session;

class ContextBar : public QWidget {
  Q_OBJECT
 public:
  explicit ContextBar(Session& session, QWidget* parent = nullptr);

  /// Shows the chips and actions of `panel`; its widgets are made once and kept.
  void setPanel(Panel* panel);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void makeRunChips();
  void updateRunChips();

  Session& session_;
  QHBoxLayout* row_;
  QPointer<Panel> panel_;
  QHash<Panel*, QWidget*> pages_;
  QWidget* chips_;  ///< the run's; shown for panels without chips of their own
  Chip *run_ = nullptr, *device_ = nullptr, *step_ = nullptr, *epoch_ = nullptr, *speed_ = nullptr;
};

/// A filled panel with one line (top, context bar and status share it): paints `line` at the bottom or top edge.
void paintBar(QWidget* bar, Qt::Edge edge);

}  // namespace slab
