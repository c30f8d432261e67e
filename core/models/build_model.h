// From a configuration to a model.
#pragma once

#include <memory>

#include "core/models/backbone.h"

namespace slab {

/// A new model with the reference's initial values, drawn from LibTorch's default generator, on the CPU in
/// float32 and training mode, with lambda = 1. Throws Error(Config) where the configuration makes no model.
std::shared_ptr<Backbone> buildModel(const ModelConfig& config);

/// A second model with the same configuration, values, type, device and mode. `model` must hold all its
/// norms (it must not be folded).
std::shared_ptr<Backbone> copyModel(const Backbone& model);

}  // namespace slab
