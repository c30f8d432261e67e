#include "app/gui/model_choice.h"

#include <QDir>
#include <algorithm>

#include "app/gui/panels/run_config.h"
#include "app/gui/session.h"
#include "core/config/arch/registry.h"
#include "widgets/config_form/family_names.h"

namespace slab {
namespace {

constexpr char kNamePrefix[] = "registry:";
constexpr char kFirstName[] = "slab_swin_t";

}  // namespace

std::optional<ModelChoice> modelChoice(const Session& session, const QString& key) {
  ModelChoice choice;
  choice.key = key;
  if (key.startsWith(kNamePrefix)) {
    choice.name = key.mid(static_cast<qsizetype>(std::size(kNamePrefix)) - 1);
    const RegistryEntry* entry = findModel(choice.name.toStdString());
    if (entry == nullptr) return std::nullopt;
    choice.source.model = entry->name;
    choice.model = entry->config;
    return choice;
  }
  if (const RunRow* row = session.run(key)) {
    if (row->lastCheckpoint.isEmpty()) return std::nullopt;
    choice.name = row->name;
    choice.colour = row->colour;
    choice.source.checkpoint = QDir(row->path).filePath(row->lastCheckpoint).toStdString();
    choice.model = configOf(row).model;
    return choice;
  }
  for (const ImportedModel& imported : session.imports()) {
    if (imported.weights != key) continue;
    choice.name = imported.name;
    choice.source.checkpoint = key.toStdString();
    choice.model = imported.model;
    return choice;
  }
  return std::nullopt;
}

QString defaultModelKey(const Session& session) {
  const RunRow* current = session.currentRun();
  if (current != nullptr && !current->lastCheckpoint.isEmpty()) return current->path;
  for (const RunRow& row : session.runs()) {
    if (!row.lastCheckpoint.isEmpty()) return row.path;
  }
  if (!session.imports().empty()) return session.imports().front().weights;
  return QString::fromLatin1(kNamePrefix) + QString::fromLatin1(kFirstName);
}

void fillNamesMenu(QMenu* menu, const std::function<void(const QString&)>& picked) {
  for (const FamilyName& family : kFamilyNames) {
    QMenu* names = nullptr;
    for (const RegistryEntry& entry : registry()) {
      if (entry.family != family.family) continue;
      if (names == nullptr) names = menu->addMenu(QString::fromLatin1(family.name));
      const QString name = QString::fromStdString(entry.name);
      QObject::connect(names->addAction(name), &QAction::triggered, menu, [picked, name] { picked(name); });
    }
  }
}

void fillModelMenu(QMenu* menu, const Session& session, bool with_names,
                   const std::function<void(const QString&)>& picked) {
  menu->addSection(QMenu::tr("Runs"));
  for (const RunRow& row : session.runs()) {
    const bool isReady = !row.lastCheckpoint.isEmpty();
    QAction* action = menu->addAction(isReady ? row.name : QMenu::tr("%1 (no checkpoint yet)").arg(row.name));
    action->setEnabled(isReady);
    QObject::connect(action, &QAction::triggered, menu, [picked, path = row.path] { picked(path); });
  }
  if (session.runs().empty()) menu->addAction(QMenu::tr("No run yet"))->setEnabled(false);
  if (!session.imports().empty()) menu->addSection(QMenu::tr("Imported"));
  for (const ImportedModel& imported : session.imports()) {
    QObject::connect(menu->addAction(imported.name), &QAction::triggered, menu,
                     [picked, key = imported.weights] { picked(key); });
  }
  if (!with_names) return;
  menu->addSection(QMenu::tr("By name, random weights"));
  fillNamesMenu(menu, [picked](const QString& name) { picked(kNamePrefix + name); });
}

}  // namespace slab
