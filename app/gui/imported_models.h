// Models imported from other programs, as they lie in a project: imports/<name>/{model.safetensors, config.json}.
#pragma once

#include <QMetaType>
#include <QString>
#include <vector>

#include "core/config/model_config.h"

namespace slab {

struct ImportedModel {
  QString weights;  ///< its model.safetensors: the identity
  QString name;     ///< of its folder
  ModelConfig model;
};

/// Reads the project's imports, by name; folders without weights or a readable configuration are passed over. File
/// work: not for the window thread.
std::vector<ImportedModel> readImports(const QString& project);

/// A folder for a new import of `file` that does not exist yet: imports/<stem>, <stem>-2, ...
QString newImportFolder(const QString& project, const QString& file);

}  // namespace slab

Q_DECLARE_METATYPE(std::vector<slab::ImportedModel>)
