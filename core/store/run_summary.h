// A run in one line: what the run table, `slab runs list` and `slab runs show` print.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/store/run_directory.h"
#include "core/store/run_lock.h"
#include "core/store/run_state.h"

namespace slab {

/// What the user keeps about a run; stored in the run's own notes.json, so it moves with the run.
struct RunNotes {
  std::string notes;  // Markdown
  std::vector<std::string> tags;
  /// Index into the palette, given once and never given to another run of the project; -1: none yet.
  int colour = -1;
  bool starred = false;
};

/// Numbers are NaN, counts 0 and times 0 while unknown.
struct RunSummary {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

  std::string name;
  std::filesystem::path path;
  RunState state = RunState::Created;
  std::string message, model, dataset, device;
  std::string score;              // what top1 and bestTop1 are: "" (top-1) or kMaskApScore
  int processes = 1;              // that train together
  double started = 0, ended = 0;  // wall seconds
  double activeSeconds = 0;
  std::int64_t step = 0, steps = 0;
  double epoch = 0;  // that `step` stands in
  double loss = kUnknown, lambda = kUnknown, top1 = kUnknown, bestTop1 = kUnknown, parameters = kUnknown;
  std::string alarm;               // of a norm, the newest, one sentence with its layer; "" without any
  std::int64_t alarmStep = 0;      // where that began
  std::string lastCheckpoint;      // newest good one, relative to the run
  std::string parent;              // of a branch: the run it started from, relative to this one; "" else
  std::int64_t parentStep = 0;     // completed steps where it branched off
  std::optional<LockInfo> writer;  // while it lives
  RunNotes notes;
  std::string problem;  // why run.db can't be read; "" when it can

  /// Of the run that this one is a branch of; it may be gone. "" where there is none.
  [[nodiscard]] std::filesystem::path parentPath() const;
};

/// Reads the summary of a run anywhere on disk. What can't be read becomes `problem`, never a throw.
RunSummary summarize(const RunDirectory& run);

/// Corrects a state that was true when it was written: an active run without a live writer is lost.
/// Sets `writer`.
void checkWriter(RunSummary& summary);

/// The notes of a run; empty ones when there are none or they can't be read.
RunNotes readNotes(const RunDirectory& run);
/// `durable`: survives a power cut; costs an fsync. Throws Error(Data).
void writeNotes(const RunDirectory& run, const RunNotes& notes, bool durable);

}  // namespace slab
