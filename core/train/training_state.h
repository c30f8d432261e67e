// What a checkpoint holds: everything a training needs to go on as if it had never stopped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/fields.h"
#include "core/config/schedule.h"
#include "core/formats/checkpoint.h"
#include "core/models/backbone.h"
#include "core/train/adamw.h"

namespace slab::train {

using Metadata = nlohmann::ordered_json;

/// References to the live objects of a training; nothing is owned.
struct TrainingState {
  Backbone& model;
  AdamW& optimizer;
  /// Completed optimizer steps = the number of the next one.
  std::int64_t step = 0;
  /// Batches taken from the training set so far.
  std::int64_t position = 0;
};

/// Writes a checkpoint that is durable when this returns:
///   model.safetensors   the reference's keys and nothing else, its counters warm, iter and total_step
///                       set from `lambda` for the completed steps
///   state.safetensors   optim/<param>/{step, exp_avg, exp_avg_sq}, rng/cpu (state of LibTorch's
///                       generator), loader/position, and `metadata` as JSON text
/// Throws Error(Checkpoint) naming the first non-finite tensor, before anything is written, and
/// WriteError when the disk refuses.
SavedCheckpoint writeCheckpoint(const std::string& checkpointsDir, const std::string& configHash,
                                const TrainingState& state, const LambdaSchedule& lambda, const Metadata& metadata);

/// Verifies sizes and hashes, then restores weights, statistics, optimizer, generator, step and
/// position. Returns the metadata. Throws Error(Checkpoint) that names the file and what is wrong.
Metadata readCheckpoint(const std::string& directory, TrainingState& state);

/// The metadata alone, without touching the rest.
Metadata readCheckpointMetadata(const std::string& directory);

inline constexpr const char* kModelFile = "model.safetensors";
inline constexpr const char* kStateFile = "state.safetensors";

/// Weights, statistics and counters as they are saved.
NamedTensors modelTensors(const Backbone& model);

}  // namespace slab::train
