// The timed choices of `ops.linear = auto`, made before a training instead of in its first step.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

#include "core/config/model_config.h"

namespace slab::train {

/// Takes one forward and backward of a model of its own, so that every linear layer of a training step of `batch`
/// images is timed and stands in the table: what the processes of a distributed training then compute alike.
void timeLinearLayers(const ModelConfig& model, std::int64_t batch, c10::Device device);

}  // namespace slab::train
