#include "app/gui/status_words.h"

#include <unistd.h>

#include <QAction>
#include <QFile>
#include <QMenu>
#include <QMenuBar>
#include <cmath>
#include <limits>

#include "app/gui/session.h"
#include "core/base/format.h"
#include "core/config/cost.h"

namespace slab {
namespace {

QString megabytes(qint64 bytes) {
  return QString::number(std::llround(static_cast<double>(bytes) / 1e6)) + " MB";
}

void addEntries(std::vector<PaletteEntry>& entries, const QMenu* menu, const QString& place) {
  for (QAction* action : menu->actions()) {
    if (action->isSeparator()) continue;
    const QString text = action->text().remove('&');
    if (action->menu() != nullptr) {
      emit action->menu()->aboutToShow();  // some are filled when they open
      addEntries(entries, action->menu(), place + " > " + text);
    } else {
      entries.push_back({text.section('\t', 0, 0).remove("..."), place,
                         action->shortcut().toString(QKeySequence::NativeText), action->isEnabled(),
                         [action] { action->trigger(); }});
    }
  }
}

}  // namespace

QString titleWords(const Session& session) {
  QString title = "SLAB Workbench";
  if (!session.projectName().isEmpty()) title = session.projectName() + " \u2013 " + title;
  const RunRow* row = session.currentRun();
  const RunStatus* live = row ? session.live(row->path) : nullptr;
  if (live == nullptr || live->steps <= 0) return title;
  const auto percent = std::lround(100.0 * static_cast<double>(live->step) / static_cast<double>(live->steps));
  return QString("%1 % %2 \u2013 %3").arg(percent).arg(row->name, title);
}

QString dataWaitWords(const Session& session) {
  const RunRow* row = session.currentRun();
  const RunData* data = row ? session.data(row->path) : nullptr;
  const auto last = [data](const char* name) {
    const auto series = data ? data->find(name) : nullptr;
    const auto range = series ? series->range() : std::nullopt;
    return range ? series->nearest(range->x1)->value : std::numeric_limits<double>::quiet_NaN();
  };
  // Seconds a step waited for its batch, as a share of the step.
  const double images = row ? static_cast<double>(row->plan.effectiveBatch) : 0;
  const double percent = 100 * last("data_wait") * last("images_per_s") / images;
  return std::isfinite(percent) ? QObject::tr("data wait %1 %").arg(QString::number(percent, 'f', 1)) : QString();
}

QString memoryWords(const Session& session) {
  QStringList words;
  const RunRow* row = session.currentRun();
  if (row != nullptr && row->workerBytes > 0) words += QObject::tr("worker %1").arg(megabytes(row->workerBytes));
  QFile self("/proc/self/statm");
  if (self.open(QIODevice::ReadOnly)) {
    const qint64 pages = self.readAll().split(' ').value(1).toLongLong();
    words += QObject::tr("window %1").arg(megabytes(pages * ::sysconf(_SC_PAGESIZE)));
  }
  return words.join("    ");
}

std::vector<PaletteEntry> menuEntries(const QMenuBar* menus) {
  std::vector<PaletteEntry> entries;
  for (const QAction* action : menus->actions()) {
    if (action->menu() != nullptr) addEntries(entries, action->menu(), action->text().remove('&'));
  }
  return entries;
}

QStringList layerNames(const RunRow* run) {
  QStringList names;
  if (run == nullptr || run->model.isEmpty()) return names;
  for (const std::string& name : run->layers) names += QString::fromStdString(name);
  return names;
}

}  // namespace slab
