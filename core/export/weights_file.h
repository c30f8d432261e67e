// A model's weights as a safetensors file for other programs.
#pragma once

#include <string>

#include "core/models/backbone.h"

namespace slab {

/// Writes weights, statistics and counters under their state-dict names; the metadata name the model and say
/// whether its norms were folded, which `inspect::openModel` needs to read it back. Whole or not at all.
void saveWeights(const Backbone& model, bool folded, const std::string& path);
/// The same of a detector, for `inspect::openDetector`; `name` is its configuration's.
void saveWeights(const torch::nn::Module& model, const std::string& name, bool folded, const std::string& path);

}  // namespace slab
