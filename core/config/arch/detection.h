// The backbones of the published detectors by name: which model they are and how their windows differ.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/model_config.h"

namespace slab {

/// det_backbone_slab_swin_{t,s}, det_backbone_prepbn_swin_{t,s}. Not in registry(): they give maps, not logits, for
/// images of any size, so image_size and classes of their configuration mean nothing.
const std::vector<ModelConfig>& detectionBackbones();

/// nullptr where the name is unknown.
const ModelConfig* findDetectionBackbone(std::string_view name);

/// Side of the windows of a block with this letter in a stage, for maps of any size: L has `model.window` halved from
/// stage to stage (56, 28), S 7. The window rule of classification, a small grid taken whole, has no place here.
std::int64_t detectionWindow(const ModelConfig& model, std::size_t stage, char letter);

}  // namespace slab
