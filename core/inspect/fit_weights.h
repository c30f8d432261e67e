// Fits foreign weights to a model, key by key: the other norm layout, other resolutions, derived tensors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/inspect/foreign_weights.h"
#include "core/models/backbone.h"
#include "core/models/state_dict.h"

namespace slab::inspect {

enum class KeyFate { Matched, Renamed, Resized, Made, Ignored, Missing, Unexpected, Misshapen };

/// "matched", "renamed", ...
std::string_view toString(KeyFate fate);

struct FittedKey {
  std::string key;     // the model's; the file's for Unexpected and what is Ignored of the file alone
  std::string source;  // the file's key where it differs
  KeyFate fate = KeyFate::Matched;
  std::vector<std::int64_t> shape, sourceShape;
  std::string note;
};

struct FittedWeights {
  std::vector<FittedKey> keys;  // in the model's order, then the file's left-overs
  StateDict values;             // what can be loaded
  /// Largest counter of a LinearNorm in the file: above 0 its transition to RepBN is not over.
  std::int64_t remainingSteps = 0;

  [[nodiscard]] std::vector<std::string> withFate(KeyFate fate) const;
};

/// Every key of the model finds its tensor under its own name, or in the other norm layout: `<n>.norm2.alpha` (PRepBN)
/// and `<n>.alpha` (RepBN alone) and their batch norms stand for each other. A RepBN file for a PRepBN model leaves the
/// LayerNorm branch at its first values, with lambda 0; a PRepBN file for a RepBN model leaves that branch out.
///
/// Position tables of another resolution are resized bicubically (align_corners false, float32), as the reference
/// does: positional_encoding and pos_embed on their square grid (a class token in front stays as it is), and
/// relative_position_bias_table on its grid of offsets. The model is not changed.
FittedWeights fitWeights(const torch::nn::Module& model, const ForeignWeights& weights);

}  // namespace slab::inspect
