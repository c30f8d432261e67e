// Which parameters weight decay applies to.
#pragma once

#include <string>
#include <vector>

#include "core/config/run_config.h"
#include "core/models/backbone.h"

namespace slab {

struct NamedParameter {
  std::string name;
  at::Tensor tensor;
};

/// Both in the order of the model's parameters.
struct DecayGroups {
  std::vector<NamedParameter> decay;
  std::vector<NamedParameter> noDecay;
};

/// Reference: no decay for parameters with one dimension, names ending in ".bias", and what the family
/// excepts (DeiT: position embedding and class token; Swin: relative position bias tables). The positional
/// encoding of simplified linear attention decays. All: everything decays.
DecayGroups decayGroups(const Backbone& model, DecayRule rule);

}  // namespace slab
