// The window as tests see it.
#pragma once

#include <QSettings>
#include <memory>

#include "app/gui/main_window.h"
#include "app/gui/session.h"
#include "widgets/theme/theme.h"

namespace slab::test {

/// Shown as on a first start, with nothing remembered: light, 1440 x 900.
inline std::unique_ptr<MainWindow> showWindow(Session& session) {
  theme().apply(ThemeKind::Light, 1.0);
  QSettings().clear();
  auto window = std::make_unique<MainWindow>(session);
  window->resize(1440, 900);
  window->show();
  return window;
}

}  // namespace slab::test
