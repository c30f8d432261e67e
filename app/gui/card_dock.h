// A card of a workspace: a dock widget drawn as a rounded panel with a quiet header.
#pragma once

#include <QDockWidget>

#include "widgets/theme/controls.h"

namespace slab {

/// The header's context menu closes, floats and moves the card without dragging (Wayland cannot re-dock in Qt 6.4).
class CardDock : public QDockWidget {
  Q_OBJECT
 public:
  CardDock(const QString& id, const QString& title, QWidget* content, CardHeader* header, QWidget* parent);

 signals:
  void moveWanted(Qt::DockWidgetArea area);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void showMenu(const QPoint& at);
};

}  // namespace slab
