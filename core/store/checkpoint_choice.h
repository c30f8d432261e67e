// Which checkpoint of a run a person means.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/store/records.h"

namespace slab {

/// "DIR": the newest good checkpoint of a run; "DIR@6": that of step 6.
struct CheckpointName {
  std::filesystem::path run;
  std::optional<std::int64_t> step;
};

/// A folder whose own name ends in @digits is that run. Throws Error(Config) where no number follows the @.
CheckpointName parseCheckpointName(const std::string& text);

/// Sorts by the training: what the newest segment goes on from, by segment and step, comes last; before it what a
/// rewind superseded, in the same order. Rows of one step keep their order.
void orderByTraining(std::vector<CheckpointRecord>& records, const std::vector<SegmentInfo>& segments);

/// The newest good one of `records` (in the order of RunReader::checkpoints), of `step` where it is given.
/// Throws Error(Checkpoint) that lists the steps there are; `run` names the run in it.
CheckpointRecord chooseCheckpoint(const std::vector<CheckpointRecord>& records, std::optional<std::int64_t> step,
                                  const std::filesystem::path& run);

}  // namespace slab
