// What a checkpoint holds: everything a training needs to go on as if it had never stopped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/fields.h"
#include "core/config/schedule.h"
#include "core/formats/checkpoint.h"
#include "core/formats/safetensors.h"
#include "core/models/backbone.h"
#include "core/models/state_dict.h"
#include "core/train/adamw.h"
#include "core/train/ema.h"
#include "core/train/loss_scaler.h"

namespace slab::train {

using Metadata = nlohmann::ordered_json;

/// References to the live objects of a training; nothing is owned.
struct TrainingState {
  torch::nn::Module& model;
  AdamW& optimizer;
  /// Completed optimizer steps = the number of the next one.
  std::int64_t step = 0;
  /// Batches taken from the training set so far.
  std::int64_t position = 0;
  /// Images in a forward at most, where memory did not hold a batch; 0: all of it.
  std::int64_t microBatch = 0;
  Ema* average = nullptr;        // null: no averaging
  LossScaler* scaler = nullptr;  // null: the loss is not scaled
};

/// Writes a checkpoint that is durable when this returns:
///   model.safetensors   the reference's keys and nothing else, its counters warm, iter and total_step
///                       set from `lambda` for the completed steps
///   state.safetensors   optim/<param>/{step, exp_avg, exp_avg_sq}, ema/<key> of every key of the model, scaler/{scale,
///                       good_steps}, rng/cpu (state of LibTorch's
///                       generator), loader/{position, micro_batch}, and `metadata` as JSON text
/// Throws Error(Checkpoint) naming the first non-finite tensor, before anything is written, and
/// WriteError when the disk refuses.
SavedCheckpoint writeCheckpoint(const std::string& checkpointsDir, const std::string& configHash,
                                const TrainingState& state, const LambdaSchedule& lambda, const Metadata& metadata);

/// Verifies sizes and hashes, then restores weights, statistics, optimizer, average, loss scale, generator, step and
/// position. An average that the checkpoint lacks begins with its weights. Returns the metadata. Throws
/// Error(Checkpoint) that names the file and what is wrong.
Metadata readCheckpoint(const std::string& directory, TrainingState& state);

/// The metadata alone, without touching the rest.
Metadata readCheckpointMetadata(const std::string& directory);

/// Key of the metadata: true where the statistics pass has been taken.
inline constexpr const char* kRecalibrated = "recalibrated";
/// Key of the metadata: true where the evaluation of this step was not taken to its end.
inline constexpr const char* kEvaluationDue = "evaluation_due";

inline constexpr const char* kModelFile = "model.safetensors";
/// What the names of averaged weights begin with in the state file.
inline constexpr const char* kAveragePrefix = "ema/";
inline constexpr const char* kStateFile = "state.safetensors";

/// The averaged weights in a state file, by the model's keys; empty where the training kept none.
StateDict averagedTensors(const SafetensorsFile& file);

/// Weights, statistics and counters as they are saved.
NamedTensors modelTensors(const torch::nn::Module& model);

}  // namespace slab::train
