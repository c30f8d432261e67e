// From what a person names (a run, a checkpoint, a weights file, a registry name) to a model.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/config/run_config.h"
#include "core/inspect/fold.h"
#include "core/models/backbone.h"
#include "core/models/state_dict.h"
#include "core/wire/messages.h"

namespace slab::inspect {

/// A model in evaluation mode, and where it came from.
struct SourcedModel {
  std::shared_ptr<Backbone> model;
  /// The run's configuration where the weights lie in a run, else the defaults with the model's.
  RunConfig config;
  std::string weights;  // file, of the averages the state file; "" for random weights (seed 0)
  bool inRun = false;
  /// The file held folded weights (`slab fold --output`): the norms are gone already.
  bool isFolded = false;
  LoadReport report;
};

/// The checkpoint's weights file: `path` may be a run (its newest complete checkpoint), a checkpoint
/// directory or a safetensors file. Throws Error(Checkpoint) that says what was looked for.
std::string weightsFileOf(const std::string& path);

/// The run a file lies in: the nearest directory above with a config.json. Nothing outside of runs.
std::optional<std::string> runOf(const std::string& path);

/// Builds and loads, strictly. `source.folded` and backends are left to the caller. Throws Error(Config)
/// for settings that make no model, Error(Checkpoint) with the keys that do not fit.
SourcedModel openModel(const ModelSource& source);

/// PRepBN counters above zero: the weights are not yet (or not only) RepBN's. Empty where all is well.
std::string transitionWarning(const LoadReport& report, const std::string& weights);

}  // namespace slab::inspect
