// A built model as a tree of its modules, with shapes and work counted in one forward.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/models/backbone.h"

namespace slab::inspect {

/// A module and all in it; a norm, a linear layer and a convolution are leaves.
struct ModuleDescription {
  std::string path;  // state-dict prefix
  std::string kind;  // "SwinBlock", "linear", "conv 4x4, stride 4", "PRepBN", ...
  int depth = 0;
  /// What the first layer inside was given and the last one gave, for one image; empty where none ran.
  std::vector<std::int64_t> input, output;
  std::int64_t parameters = 0;
  std::int64_t macs = 0;        // linear, convolution and attention products of one image
  std::int64_t normalised = 0;  // values that pass norms
};

struct ModelDescription {
  std::vector<ModuleDescription> modules;  // depth first, without the model itself
  std::int64_t parameters = 0, trainable = 0, macs = 0, normalised = 0;

  /// Nothing where there is no such module.
  [[nodiscard]] const ModuleDescription* find(const std::string& path) const;
};

/// Runs one image of zeros through the model, in evaluation mode, by the reference operations of ATen, and
/// counts what these were given: an account of the model as built, folded or not, that knows nothing of the
/// formulas in core/config/cost.h. A product without a parameter of its own (attention) counts for the module
/// that holds the layer before it. The model's mode is restored.
ModelDescription describeModel(Backbone& model);

}  // namespace slab::inspect
