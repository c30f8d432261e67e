#include "app/gui/imported_models.h"

#include <QDir>
#include <QFile>

#include "core/config/load.h"

namespace slab {

std::vector<ImportedModel> readImports(const QString& project) {
  std::vector<ImportedModel> models;
  const QDir folder(project + "/imports");
  for (const QString& name : folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name)) {
    const QString weights = folder.filePath(name + "/model.safetensors");
    QFile config(folder.filePath(name + "/config.json"));
    if (!QFile::exists(weights) || !config.open(QIODevice::ReadOnly)) continue;
    const LoadedConfig loaded = loadConfig({{}, config.readAll().toStdString(), config.fileName().toStdString(), {}});
    models.push_back({weights, name, loaded.config.model});
  }
  return models;
}

QString newImportFolder(const QString& project, const QString& file) {
  const QString stem = project + "/imports/" + QFileInfo(file).completeBaseName();
  QString folder = stem;
  for (int n = 2; QFileInfo::exists(folder); ++n) folder = stem + '-' + QString::number(n);
  return folder;
}

}  // namespace slab
