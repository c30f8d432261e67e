// A model that a person can pick: a run's newest checkpoint, an imported file, or a registry name.
#pragma once

#include <QMenu>
#include <functional>
#include <optional>

#include "core/config/model_config.h"
#include "core/wire/messages.h"

namespace slab {

class Session;

struct ModelChoice {
  QString key;   ///< a run's directory, an import's weights, or "registry:<name>"
  QString name;  ///< for menus, titles and rows
  ModelSource source;
  ModelConfig model;
  int colour = 0;  ///< series of its run

  [[nodiscard]] bool hasWeights() const { return !source.checkpoint.empty(); }
};

/// The choice behind a key; nothing when the run or import is gone, or the run has no checkpoint yet.
std::optional<ModelChoice> modelChoice(const Session& session, const QString& key);

/// The current run where it has a checkpoint, else the newest run that has one, else an import, else the demo's name.
QString defaultModelKey(const Session& session);

/// A submenu a family with its built registry names.
void fillNamesMenu(QMenu* menu, const std::function<void(const QString& name)>& picked);

/// Entries for every run, import and, where `with_names`, every registry name; runs without a checkpoint are named and
/// disabled.
void fillModelMenu(QMenu* menu, const Session& session, bool with_names,
                   const std::function<void(const QString& key)>& picked);

}  // namespace slab
