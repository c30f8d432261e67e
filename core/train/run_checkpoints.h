// The checkpoints of a run: written, registered in run.db, and thinned out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/store/run_writer.h"
#include "core/train/disk_guard.h"
#include "core/train/training_state.h"

namespace slab::train {

/// Used by the training thread alone. Keeps the newest good checkpoints and the best by top-1; the others are removed
/// once a newer one is registered.
class RunCheckpoints {
 public:
  /// `known`: the rows of run.db at the start. `keepLast`: how many of the newest stay. `writer` must outlive this.
  RunCheckpoints(RunWriter& writer, std::string configHash, std::vector<CheckpointRecord> known, std::int64_t keepLast);

  /// Segment of the checkpoints to come.
  void setSegment(SegmentId segment) { segment_ = segment; }

  /// Writes and registers; returns the path relative to the run. `top1`: of the evaluation at this
  /// step, -1 where there was none. Throws as writeCheckpoint and RunWriter::saveCheckpoint do.
  std::string save(const TrainingState& state, const LambdaSchedule& lambda, const Metadata& metadata, double top1);

  /// The newest one written by this process or resumed from, where it is of that step.
  [[nodiscard]] std::optional<std::string> pathOf(std::int64_t step) const;
  /// Says that training goes on from this checkpoint.
  void setCurrent(std::int64_t step, std::string path) { current_ = {step, std::move(path)}; }

  /// Says that the checkpoint of this step, if there is one, lacks its score by now: the next `save` writes another,
  /// and this one is the first to be thinned out.
  void outdate(std::int64_t step);

  /// Warns, in the log and by an event, while the disk has room for few more checkpoints. `save` asks by itself.
  void checkDisk(const TrainingState& state);

  [[nodiscard]] StoreStatus storeStatus() const { return writer_.status(); }

 private:
  void thinOut();

  RunWriter& writer_;
  std::string configHash_;
  std::size_t keepLast_;
  std::vector<CheckpointRecord> records_;  // good ones, the first to go first
  DiskGuard disk_;
  SegmentId segment_ = 0;
  std::pair<std::int64_t, std::string> current_{-1, ""};
};

}  // namespace slab::train
