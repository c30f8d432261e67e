// The comparison of the paper for any architecture: LayerNorm, PRepBN, PRepBN folded, SLAB, SLAB folded.
#pragma once

#include <string>
#include <vector>

#include "core/config/model_config.h"
#include "core/wire/messages.h"

namespace slab {

/// Five entries of the model's dimensions. The softmax rows use the family's own window where the image
/// allows it. `checkpoint` (may be empty) gives its weights to the rows that have its norm and attention;
/// the others have random weights, which does not change a latency.
std::vector<BenchEntry> benchLineup(const ModelConfig& model, const std::string& checkpoint = "");

/// A detector beside its folded form: it has no sister architectures. Both with the weights of `checkpoint`.
std::vector<BenchEntry> detectorLineup(const std::string& name, const std::string& checkpoint);

/// "Swin-T" for the registry's dimensions, "Swin 28 px, 32 wide" for others.
std::string architectureLabel(const ModelConfig& model);

}  // namespace slab
