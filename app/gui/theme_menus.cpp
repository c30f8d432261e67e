#include "app/gui/theme_menus.h"

#include <QActionGroup>
#include <QCoreApplication>
#include <QMenu>

#include "app/gui/settings.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QString words(const char* text) {
  return QCoreApplication::translate("ThemeMenus", text);
}

void apply(ThemeKind kind, double scale) {
  theme().apply(kind, scale);
  settings::saveTheme();
}

}  // namespace

void addThemeMenus(QMenu* view, QWidget* owner) {
  QMenu* themes = view->addMenu(words("&Theme"));
  auto* kinds = new QActionGroup(owner);
  const std::pair<const char*, ThemeKind> names[] = {
      {"&Light", ThemeKind::Light}, {"&Dark", ThemeKind::Dark}, {"&High contrast", ThemeKind::HighContrast}};
  for (const auto& [name, kind] : names) {
    const QKeySequence keys(QString("Ctrl+Alt+%1").arg(static_cast<int>(kind) + 1));
    QAction* action = themes->addAction(words(name), keys, owner, [kind = kind] { apply(kind, theme().fontScale()); });
    action->setCheckable(true);
    action->setChecked(kind == theme().kind());
    kinds->addAction(action);
  }
  QMenu* sizes = view->addMenu(words("&Font size"));
  auto* scales = new QActionGroup(owner);
  for (const int percent : {85, 100, 125, 150, 200}) {
    QAction* action =
        sizes->addAction(words("%1 %").arg(percent), owner, [percent] { apply(theme().kind(), percent / 100.0); });
    action->setCheckable(true);
    action->setChecked(percent == qRound(theme().fontScale() * 100));
    scales->addAction(action);
  }
  sizes->addSeparator();
  sizes->addAction(words("&Larger"), QKeySequence::ZoomIn, owner,
                   [] { apply(theme().kind(), theme().fontScale() * 1.1); });
  sizes->addAction(words("&Smaller"), QKeySequence::ZoomOut, owner,
                   [] { apply(theme().kind(), theme().fontScale() / 1.1); });
}

}  // namespace slab
