// The curves of a run as TensorBoard reads them, beside run.db.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "core/formats/event_file_writer.h"
#include "core/store/run_writer.h"

namespace slab::train {

/// Copies what run.db has taken into an event file of its own, one a process (train.tensorboard). Each file begins with
/// SessionLog.START at the step where its process took over: TensorBoard then drops what earlier files say of that step
/// and later ones, which a resumed training takes again. Values become float32 there.
///
/// Used by the store's writer thread alone. Never throws: a full disk is a warning, and what waits is written when
/// there is room; after any other failure, or with too much waiting, the log ends with a warning and the training goes
/// on.
class TensorBoardLog {
 public:
  /// Into run/tensorboard, made where it is missing. `firstStep`: completed when this process took over. What run.db
  /// holds of an evaluation after `firstStep` steps is written again: it is not taken a second time.
  TensorBoardLog(const RunDirectory& run, std::int64_t firstStep, FileSystem& fileSystem = systemFileSystem());

  /// Points of one step follow each other; they share an event.
  void add(std::span<const CommittedPoint> points);

 private:
  void repeat(const RunDirectory& run, std::int64_t step);
  void attempt(const std::function<void()>& work);
  void giveUp(const std::string& why);

  std::unique_ptr<EventFileWriter> writer_;  // null once the log has ended
  bool isRefused_ = false;
};

}  // namespace slab::train
