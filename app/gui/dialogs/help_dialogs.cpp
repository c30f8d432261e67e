#include "app/gui/dialogs/help_dialogs.h"

#include <QDialog>
#include <QHeaderView>
#include <QMessageBox>
#include <QTableWidget>
#include <QVBoxLayout>

#include "app/gui/status_words.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

std::vector<PaletteEntry> plotEntries() {
  const auto entry = [](const QString& text, const QString& keys) {
    return PaletteEntry{text, QObject::tr("in a plot"), keys, true, {}};
  };
  return {entry(QObject::tr("Pan, zoom y"), QObject::tr("arrows")),
          entry(QObject::tr("Zoom x"), "+  -"),
          entry(QObject::tr("Show everything"), "Home"),
          entry(QObject::tr("Cursor by a point"), "Alt+arrows"),
          entry(QObject::tr("Logarithmic y, x"), "L  X"),
          entry(QObject::tr("Smoothing on and off"), "S")};
}

}  // namespace

void showShortcuts(QWidget* parent, const QMenuBar* menus) {
  QDialog dialog(parent);
  dialog.setWindowTitle(QObject::tr("Keyboard shortcuts"));
  std::vector<PaletteEntry> entries = menuEntries(menus);
  std::erase_if(entries, [](const PaletteEntry& e) { return e.keys.isEmpty(); });
  for (PaletteEntry& entry : plotEntries()) entries.push_back(std::move(entry));
  auto* table = new QTableWidget(static_cast<int>(entries.size()), 3, &dialog);
  table->setAccessibleName(dialog.windowTitle());
  table->setHorizontalHeaderLabels({QObject::tr("action"), QObject::tr("menu"), QObject::tr("keys")});
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setShowGrid(false);
  table->verticalHeader()->hide();
  for (int i = 0; i < table->rowCount(); ++i) {
    const PaletteEntry& e = entries[static_cast<std::size_t>(i)];
    table->setItem(i, 0, new QTableWidgetItem(e.text));
    table->setItem(i, 1, new QTableWidgetItem(e.kind));
    table->setItem(i, 2, new QTableWidgetItem(e.keys));
  }
  table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table->horizontalHeader()->setStretchLastSection(true);
  auto* column = new QVBoxLayout(&dialog);
  column->addWidget(table);
  dialog.resize(theme().px(620), theme().px(560));
  dialog.exec();
}

void showAbout(QWidget* parent) {
  QMessageBox::about(
      parent, QObject::tr("About SLAB Workbench"),
      QObject::tr("<b>SLAB Workbench</b><p>Experiments with efficient vision transformers: PRepBN (LayerNorm handing "
                  "over to a re-parameterised BatchNorm) and simplified linear attention.</p>"
                  "<p>The window is GPL-3.0-or-later and uses Qt %1 and QCustomPlot. The program slab, which trains "
                  "and measures, is Apache-2.0 and runs as a process of its own.</p>")
          .arg(QString::fromLatin1(qVersion())));
}

}  // namespace slab
