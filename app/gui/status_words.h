// The words of title, status bar and palette, from what the session knows.
#pragma once

#include <QString>
#include <QStringList>
#include <vector>

#include "app/gui/command_palette.h"

class QMenuBar;

namespace slab {

class Session;
struct RunRow;

/// "61 % demo_minute - Demo project - SLAB Workbench": the share first, so a task list shows it.
QString titleWords(const Session& session);
/// "data wait 0.6 %" of the current run; empty where it was not logged.
QString dataWaitWords(const Session& session);
/// "worker 412 MB   window 96 MB"
QString memoryWords(const Session& session);

/// Every action of the menus with its place and keys; submenus are filled first.
std::vector<PaletteEntry> menuEntries(const QMenuBar* menus);

/// Modules of the run's model, from its configuration; empty without a run.
QStringList layerNames(const RunRow* run);

}  // namespace slab
