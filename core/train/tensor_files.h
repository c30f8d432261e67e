// Tensors to and from safetensors files.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "core/formats/safetensors.h"
#include "core/models/state_dict.h"
#include "core/train/named_tensors.h"

namespace slab::train {

/// A copy of the tensor, on the CPU; the data may stand at any address. Throws Error(Checkpoint) for
/// an element type LibTorch lacks.
at::Tensor toTensor(const TensorView& view);

/// All tensors of a file, in its order.
StateDict readTensors(const SafetensorsFile& file);
StateDict readTensors(const std::string& path);

/// Adds the tensors to a file to be written. Contiguous CPU tensors are not copied; the others are
/// kept alive in `keep` until the writer is done.
void addTensors(SafetensorsWriter& writer, const NamedTensors& tensors, NamedTensors& keep);

}  // namespace slab::train
