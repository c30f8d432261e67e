// Widget tests need an application; they run without a display.
#include <gtest/gtest.h>

#include <QApplication>

#include "widgets/theme/theme.h"

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  ::testing::InitGoogleTest(&argc, argv);
  QApplication app(argc, argv);
  slab::theme().apply(slab::ThemeKind::Light);
  return RUN_ALL_TESTS();
}
