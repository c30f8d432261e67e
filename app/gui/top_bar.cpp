#include "app/gui/top_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenuBar>
#include <QPushButton>

#include "app/gui/context_bar.h"
#include "widgets/theme/theme.h"

namespace slab {

TopBar::TopBar(QWidget* parent) : QWidget(parent), menus_(new QMenuBar), title_(new QLabel(this)) {
  auto* row = new QHBoxLayout(this);
  menus_->setNativeMenuBar(false);
  menus_->setStyleSheet("QMenuBar { border: none; }");
  auto* search = new QPushButton(tr("Search actions, runs, layers   Ctrl+K"), this);
  search->setObjectName("search");
  search->setAccessibleName(tr("Search actions, runs and layers"));
  search->setProperty("small", true);
  search->setFocusPolicy(Qt::TabFocus);
  setTone(search, "muted");
  connect(search, &QPushButton::clicked, this, &TopBar::searchWanted);
  row->addWidget(menus_);
  row->addStretch(1);
  row->addWidget(search);
  setTextRole(title_, TextRole::Strong);
  setTone(title_, "muted");
  const auto resize = [this, row] {
    row->setContentsMargins(theme().px(4), 0, theme().px(14), 1);
    setFixedHeight(theme().px(size::kMenuBar));
    title_->adjustSize();
  };
  resize();
  connect(&theme(), &Theme::changed, this, resize);
}

void TopBar::setTitle(const QString& title) {
  title_->setText(title);
  resizeEvent(nullptr);
}

void TopBar::resizeEvent(QResizeEvent*) {
  title_->adjustSize();
  title_->move((width() - title_->width()) / 2, (height() - title_->height()) / 2);
  const bool isFree = menus_->geometry().right() < title_->x() || menus_->width() == 0;
  title_->setVisible(isFree);
}

void TopBar::paintEvent(QPaintEvent*) {
  paintBar(this, Qt::BottomEdge);
}

}  // namespace slab
