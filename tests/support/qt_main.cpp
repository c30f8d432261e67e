// main of test programs with widgets: an offscreen application, light theme, settings in a folder of its own.
#include <gtest/gtest.h>

#include <QApplication>
#include <QTemporaryDir>

#include "widgets/theme/theme.h"

int main(int argc, char** argv) {
  const QTemporaryDir home;
  qputenv("QT_QPA_PLATFORM", "offscreen");
  for (const char* name : {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"})
    qputenv(name, home.path().toUtf8());
  QApplication app(argc, argv);
  QApplication::setOrganizationName("slab-workbench-test");
  QApplication::setApplicationName("slab-workbench-test");
  testing::InitGoogleTest(&argc, argv);
  slab::theme().apply(slab::ThemeKind::Light);
  return RUN_ALL_TESTS();
}
