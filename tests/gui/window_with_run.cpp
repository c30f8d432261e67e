// window_with_run PROJECT CONFIG: a window that starts the training of a configuration file, as Configure does, and
// stays until it is killed.
#include <QApplication>
#include <QFile>

#include "app/gui/main_window.h"

int main(int argc, char** argv) {
  QApplication app(argc, argv);
  QApplication::setOrganizationName("slab-test");
  QApplication::setApplicationName("window_with_run");
  QFile config(app.arguments().value(2));
  if (!config.open(QIODevice::ReadOnly)) return 2;
  slab::Session session;
  slab::MainWindow window(session);
  session.openProject(app.arguments().value(1));
  window.show();
  if (session.startRun("tiny", config.readAll()).isEmpty()) return 1;
  return QApplication::exec();
}
