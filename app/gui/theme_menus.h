// The menus View > Theme and View > Font size.
#pragma once

class QMenu;
class QWidget;

namespace slab {

/// Adds both to `view`; a choice is applied and remembered at once. `owner` holds the shortcuts.
void addThemeMenus(QMenu* view, QWidget* owner);

}  // namespace slab
