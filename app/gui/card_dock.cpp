#include "app/gui/card_dock.h"

#include <QMenu>
#include <QPainter>
#include <QVBoxLayout>

#include "widgets/theme/theme.h"

namespace slab {

CardDock::CardDock(const QString& id, const QString& title, QWidget* content, CardHeader* header, QWidget* parent)
    : QDockWidget(title, parent) {
  setObjectName("card." + id);
  setAccessibleName(title);
  setFeatures(DockWidgetClosable | DockWidgetMovable | DockWidgetFloatable);
  if (header == nullptr) header = new CardHeader(title);
  setTitleBarWidget(header);
  header->setContextMenuPolicy(Qt::CustomContextMenu);
  header->setToolTip(tr("Drag to move this card; right-click for more"));
  connect(header, &QWidget::customContextMenuRequested, this,
          [this, header](const QPoint& at) { showMenu(header->mapToGlobal(at)); });
  // One pixel of the card's own line stays visible around the content.
  auto* frame = new QWidget(this);
  auto* column = new QVBoxLayout(frame);
  column->setContentsMargins(1, 0, 1, 1);
  column->addWidget(content);
  setWidget(frame);
  connect(&theme(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void CardDock::paintEvent(QPaintEvent*) {
  const Tokens& t = theme().tokens();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  p.setPen(QPen(t.line, 1));
  p.setBrush(t.panel);
  const double radius = isFloating() ? 0 : theme().px(size::kRadius);
  p.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
}

void CardDock::showMenu(const QPoint& at) {
  QMenu menu(this);
  QMenu* move = menu.addMenu(tr("Move to"));
  const std::pair<QString, Qt::DockWidgetArea> places[] = {{tr("Left"), Qt::LeftDockWidgetArea},
                                                           {tr("Right"), Qt::RightDockWidgetArea},
                                                           {tr("Top"), Qt::TopDockWidgetArea},
                                                           {tr("Bottom"), Qt::BottomDockWidgetArea}};
  for (const auto& [name, area] : places) {
    move->addAction(name, this, [this, area = area] { emit moveWanted(area); });
  }
  menu.addAction(isFloating() ? tr("Dock") : tr("Float"), this, [this] { setFloating(!isFloating()); });
  menu.addAction(tr("Close"), this, &QWidget::close);
  menu.exec(at);
}

}  // namespace slab
