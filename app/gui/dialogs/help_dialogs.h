// Help: the list of shortcuts, and what this program is.
#pragma once

class QMenuBar;
class QWidget;

namespace slab {

/// Every action of the menus with its keys, searchable; plots' own keys at the end.
void showShortcuts(QWidget* parent, const QMenuBar* menus);
void showAbout(QWidget* parent);

}  // namespace slab
