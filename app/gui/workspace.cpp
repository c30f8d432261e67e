#include "app/gui/workspace.h"

#include <QResizeEvent>
#include <QSettings>
#include <QTimer>

#include "app/gui/card_dock.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kLayoutVersion = 1;

}  // namespace

Workspace::Workspace(Panel* panel, QWidget* parent) : QMainWindow(parent), panel_(panel) {
  setWindowFlags(Qt::Widget);  // QMainWindow's constructor makes a window whatever its parent
  panel->setParent(this);
  setObjectName("workspace." + panel->id());
  setDockOptions(AllowNestedDocks | AllowTabbedDocks | GroupedDragging);
  setContextMenuPolicy(Qt::NoContextMenu);
  for (const PanelCard& card : panel->makeCards()) {
    auto* made = new CardDock(panel->id() + '.' + card.id, card.title, card.content, card.header, this);
    docks_.push_back(made);
    connect(made, &CardDock::moveWanted, this, [this, made](Qt::DockWidgetArea area) {
      made->setFloating(false);
      addDockWidget(area, made);
      isDefault_ = false;
    });
  }
  const auto restyle = [this] {
    const int gap = theme().px(size::kSmall);
    setContentsMargins(gap + 2, gap + 2, gap + 2, gap + 2);
  };
  restyle();
  connect(&theme(), &Theme::changed, this, restyle);
  resetLayout();
}

CardDock* Workspace::dock(const QString& id) const {
  for (CardDock* candidate : docks_) {
    if (candidate->objectName() == "card." + panel_->id() + '.' + id) return candidate;
  }
  return nullptr;
}

CardDock* Workspace::firstOf(const CardLayout& layout) const {
  return layout.kind == CardLayout::Kind::Card ? dock(layout.card) : firstOf(layout.items.front());
}

/// The first card of `layout` already fills its region; the others are split off from it, outer levels first.
void Workspace::place(const CardLayout& layout) {
  if (layout.kind == CardLayout::Kind::Card) return;
  const Qt::Orientation along = layout.kind == CardLayout::Kind::Row ? Qt::Horizontal : Qt::Vertical;
  for (std::size_t i = 1; i < layout.items.size(); ++i) {
    splitDockWidget(firstOf(layout.items[i - 1]), firstOf(layout.items[i]), along);
  }
  for (const CardLayout& item : layout.items) place(item);
}

void Workspace::applyShares(const CardLayout& layout, const QSize& size) {
  if (layout.kind == CardLayout::Kind::Card) return;
  const bool isRow = layout.kind == CardLayout::Kind::Row;
  int total = 0;
  for (const CardLayout& item : layout.items) total += item.share;
  QList<QDockWidget*> cards;
  QList<int> lengths;
  for (const CardLayout& item : layout.items) {
    const int length = (isRow ? size.width() : size.height()) * item.share / std::max(1, total);
    cards += firstOf(item);
    lengths += length;
  }
  resizeDocks(cards, lengths, isRow ? Qt::Horizontal : Qt::Vertical);
  for (int i = 0; i < lengths.size(); ++i) {
    const QSize part = isRow ? QSize(lengths[i], size.height()) : QSize(size.width(), lengths[i]);
    applyShares(layout.items[static_cast<std::size_t>(i)], part);
  }
}

void Workspace::resetLayout() {
  isDefault_ = true;
  for (CardDock* card : docks_) {
    card->setFloating(false);
    removeDockWidget(card);
  }
  const CardLayout layout = panel_->defaultLayout();
  addDockWidget(Qt::LeftDockWidgetArea, firstOf(layout));
  place(layout);
  for (CardDock* card : docks_) card->show();
  applyShares(layout, size());
}

void Workspace::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  if (isDefault_) applyShares(panel_->defaultLayout(), event->size());
}

void Workspace::showEvent(QShowEvent* event) {
  QMainWindow::showEvent(event);
  // Docks learn their minimum sizes when they are shown; the shares come after that.
  // Once a size only: docks drift a little each time.
  if (isDefault_ && sharedSize_ != size()) {
    sharedSize_ = size();
    QTimer::singleShot(0, this, [this] { applyShares(panel_->defaultLayout(), size()); });
  }
}

void Workspace::saveLayout() const {
  QSettings().setValue("layout/" + panel_->id(), isDefault_ ? QByteArray() : saveState(kLayoutVersion));
}

bool Workspace::restoreLayout() {
  const QByteArray state = QSettings().value("layout/" + panel_->id()).toByteArray();
  if (state.isEmpty()) return false;
  isDefault_ = !restoreState(state, kLayoutVersion);
  return !isDefault_;
}

}  // namespace slab
