// Maps of a detection backbone: what `slab infer --model det_backbone_...` does. Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/wire/messages.h"

namespace slab::jobs {

struct FeatureRequest {
  /// A name of findDetectionBackbone() and a safetensors file of its weights.
  ModelSource source;
  /// .npy, float32, N x 3 x H x W of any size, already normalised.
  std::string input;
  /// "maps.npy" writes maps.0.npy to maps.3.npy.
  std::string output;
};

struct FeatureFile {
  std::string path;
  std::vector<std::int64_t> shape;  // N x C x rows x columns
};

struct FeatureReport {
  std::vector<FeatureFile> maps;  // by level, finest first
  std::vector<std::string> warnings;
  double seconds = 0;  // of the forward alone
};

/// Runs on the CPU; of the settings `threads` and `ops.*` count. Throws Error(Config) for a request that lacks one of
/// its parts and for any other setting, Error(Checkpoint) for weights that do not fit and Error(Data) for an input of
/// another kind.
FeatureReport writeFeatures(const FeatureRequest& request);

}  // namespace slab::jobs
