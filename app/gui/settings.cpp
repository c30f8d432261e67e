#include "app/gui/settings.h"

#include <QFileInfo>
#include <QSettings>

#include "widgets/theme/theme.h"

namespace slab::settings {
namespace {

constexpr int kMaxRecent = 8;

}  // namespace

void loadTheme() {
  const QSettings settings;
  const QString name = settings.value("view/theme", "light").toString();
  ThemeKind kind = ThemeKind::Light;
  for (const ThemeKind candidate : {ThemeKind::Dark, ThemeKind::HighContrast}) {
    if (toString(candidate) == name) kind = candidate;
  }
  theme().apply(kind, settings.value("view/font_scale", 1.0).toDouble());
}

void saveTheme() {
  QSettings settings;
  settings.setValue("view/theme", toString(theme().kind()));
  settings.setValue("view/font_scale", theme().fontScale());
}

QStringList recentProjects() {
  return QSettings().value("projects/recent").toStringList();
}

void rememberProject(const QString& path) {
  QStringList recent = recentProjects();
  recent.removeAll(path);
  recent.prepend(path);
  QSettings().setValue("projects/recent", recent.mid(0, kMaxRecent));
}

}  // namespace slab::settings
