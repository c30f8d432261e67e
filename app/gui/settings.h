// What the window remembers between starts.
#pragma once

#include <QString>
#include <QStringList>

namespace slab::settings {

/// Theme and font size; SLAB_THEME overrides nothing here: the command line does.
void loadTheme();
void saveTheme();

QStringList recentProjects();
/// Puts `path` first.
void rememberProject(const QString& path);

}  // namespace slab::settings
