#include "core/train/run_checkpoints.h"

#include <algorithm>
#include <filesystem>

#include "core/base/log.h"

namespace slab::train {
namespace {

// Of a first checkpoint, before its moments exist.
std::uint64_t expectedBytes(const TrainingState& state) {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : modelTensors(state.model)) bytes += tensor.nbytes();
  for (const auto& [name, tensor] : state.optimizer.parameters()) bytes += 2 * tensor.nbytes();
  return bytes;
}

}  // namespace

RunCheckpoints::RunCheckpoints(RunWriter& writer, std::string configHash, std::vector<CheckpointRecord> known,
                               std::int64_t keepLast)
    : writer_(writer),
      configHash_(std::move(configHash)),
      keepLast_(static_cast<std::size_t>(keepLast)),
      disk_(writer.run().path()) {
  for (auto& record : known) {
    if (record.good) records_.push_back(std::move(record));
  }
}

std::string RunCheckpoints::save(const TrainingState& state, const LambdaSchedule& lambda, const Metadata& metadata,
                                 double top1) {
  checkDisk(state);
  const RunDirectory& run = writer_.run();
  const SavedCheckpoint saved = writeCheckpoint(run.checkpoints().string(), configHash_, state, lambda, metadata);
  CheckpointRecord record;
  record.segment = segment_;
  record.step = state.step;
  record.wall = wallSeconds();
  record.path = std::filesystem::path(saved.path).lexically_relative(run.path()).string();
  record.sha256 = saved.manifestSha256;
  record.bytes = static_cast<std::int64_t>(saved.bytes);
  record.top1 = top1;
  try {
    record.seq = writer_.saveCheckpoint(record);
  } catch (...) {
    // Without its row it does not count: the next attempt must not find its name taken.
    std::error_code ignored;
    std::filesystem::remove_all(saved.path, ignored);
    throw;
  }
  records_.push_back(record);
  setCurrent(record.step, record.path);
  thinOut();
  return record.path;
}

void RunCheckpoints::checkDisk(const TrainingState& state) {
  const auto bytes = records_.empty() ? expectedBytes(state) : static_cast<std::uint64_t>(records_.back().bytes);
  const auto warning = disk_.warning(bytes);
  if (!warning) return;
  logWarning(*warning);
  writer_.event("warning", state.step, Metadata{{"message", *warning}}.dump());
}

std::optional<std::string> RunCheckpoints::pathOf(std::int64_t step) const {
  if (current_.first != step) return std::nullopt;
  return current_.second;
}

void RunCheckpoints::outdate(std::int64_t step) {
  const auto path = pathOf(step);
  if (!path) return;
  const auto at = std::find_if(records_.begin(), records_.end(), [&](const auto& one) { return one.path == *path; });
  if (at != records_.end()) std::rotate(records_.begin(), at, at + 1);
  setCurrent(-1, "");
}

void RunCheckpoints::thinOut() {
  if (records_.size() <= keepLast_) return;
  const auto best =
      std::max_element(records_.begin(), records_.end(), [](const auto& a, const auto& b) { return a.top1 < b.top1; });
  const std::string bestPath = best->top1 >= 0 ? best->path : "";
  std::vector<CheckpointRecord> kept;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const auto& record = records_[i];
    if (i + keepLast_ >= records_.size() || record.path == bestPath) {
      kept.push_back(record);
      continue;
    }
    // First the row, then the files: a crash in between leaves a directory nobody names, no row
    // without files.
    writer_.dropCheckpoint(record.path);
    try {
      if (!writer_.flush()) {
        kept.push_back(record);
        continue;
      }
      removeCheckpoint((writer_.run().path() / record.path).string());
    } catch (const Error& error) {
      logWarning(error.what());
    }
  }
  records_ = std::move(kept);
}

}  // namespace slab::train
