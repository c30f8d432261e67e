// Where a branch leaves its parent: a new run that goes on from a checkpoint of another one, with a configuration of
// its own. Torch-free.
#pragma once

#include <filesystem>
#include <optional>

#include "core/config/run_config.h"
#include "core/store/checkpoint_choice.h"
#include "core/store/run_writer.h"

namespace slab::jobs {

struct BranchPoint {
  std::filesystem::path parent;  // run directory, absolute
  RunConfig config;              // the parent's
  CheckpointRecord checkpoint;

  [[nodiscard]] std::filesystem::path checkpointPath() const { return parent / checkpoint.path; }
};

/// Reads the parent. Throws Error(Data) where there is no such run, Error(Checkpoint) where it has no such checkpoint.
BranchPoint openBranchPoint(const CheckpointName& name);

/// A branch keeps the shape of its checkpoint's model. Throws Error(Config) that names the first key of `model`, and of
/// a detector's heads, whose value differs from the parent's; drop path may, since no weight depends on it.
void requireSameModel(const BranchPoint& point, const RunConfig& child);

/// Whether the child's batches are those the parent would have taken next, in as many processes: same samples, batches,
/// augmentation and seed. Else its training set starts at the beginning of an epoch.
bool continuesBatches(const RunConfig& parent, const RunConfig& child);

/// Writes the parent into the child's run.db: its path (relative where both lie in one folder, so that a project can
/// be moved), the step, and an event with the checkpoint and its hash.
void recordParent(RunWriter& writer, const BranchPoint& point);

/// What a branch needs to start again as long as it has no checkpoint of its own.
struct Beginning {
  BranchPoint point;
  int processes = 1;  // that train together
};

/// Writes it into the child's directory, as parent.json, before there is a run.db.
void writeBeginning(const RunDirectory& child, const Beginning& beginning);
/// For a new run that is no branch: a branch may have been killed while it made this directory.
void removeBeginning(const RunDirectory& child);
/// Nothing where the run is no branch. Throws Error(Checkpoint), with the command that starts it again, where the
/// parent's checkpoint is gone.
std::optional<Beginning> readBeginning(const RunDirectory& child);

}  // namespace slab::jobs
