// Shows every widget on synthetic data, or writes its picture in both themes at 100 and 200 %:
//   widget_gallery [--screenshot DIR] [--only NAME] [--scale 2]
#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QFrame>
#include <QTabWidget>
#include <QVBoxLayout>
#include <memory>

#include "widgets/gallery/entries.h"
#include "widgets/theme/theme.h"

namespace {

using slab::gallery::Entry;

int writeScreenshots(const std::vector<Entry>& entries, const QString& folder) {
  if (!QDir().mkpath(folder)) return 1;
  for (const double scale : {1.0, 2.0}) {
    for (const slab::ThemeKind kind : {slab::ThemeKind::Light, slab::ThemeKind::Dark}) {
      slab::theme().apply(kind, scale);
      for (const Entry& entry : entries) {
        const auto widget = std::make_unique<QFrame>();
        widget->setStyleSheet(
            QStringLiteral("QFrame#card { background: %1; }").arg(slab::theme().tokens().panel.name()));
        widget->setObjectName("card");
        (new QVBoxLayout(widget.get()))->addWidget(entry.make());
        widget->resize(entry.size * scale + QSize(24, 24));
        widget->show();
        for (int i = 0; i < 3; ++i) QApplication::processEvents();
        const QString name = QStringLiteral("%1-%2-%3.png").arg(entry.name, slab::toString(kind)).arg(int(scale * 100));
        if (!widget->grab().save(QDir(folder).filePath(name))) return 1;
      }
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  QApplication app(argc, argv);
  QCommandLineParser options;
  options.addHelpOption();
  options.addOptions({{"screenshot", "Write pictures into a folder and leave.", "folder"},
                      {"only", "Only widgets whose name holds this.", "name"},
                      {"dark", "Start in the dark theme."},
                      {"scale", "Font scale.", "factor", "1"}});
  options.process(app);
  std::vector<Entry> entries = slab::gallery::inspectEntries();
  for (Entry& entry : slab::gallery::trainingEntries()) entries.push_back(std::move(entry));
  for (Entry& entry : slab::gallery::detectionEntries()) entries.push_back(std::move(entry));
  std::erase_if(entries, [&](const Entry& entry) { return !entry.name.contains(options.value("only")); });
  if (options.isSet("screenshot")) return writeScreenshots(entries, options.value("screenshot"));
  slab::theme().apply(options.isSet("dark") ? slab::ThemeKind::Dark : slab::ThemeKind::Light,
                      options.value("scale").toDouble());
  QTabWidget window;
  window.setWindowTitle("Widgets");
  for (const Entry& entry : entries) window.addTab(entry.make(), entry.name);
  window.resize(1320, 700);
  window.show();
  return QApplication::exec();
}
