// Writes down what a training tells: run.db, JSON lines, and the status that clients ask for.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/config/fields.h"
#include "core/config/schedule.h"
#include "core/store/run_writer.h"
#include "core/train/observer.h"
#include "core/wire/messages.h"

namespace slab::train {

/// What the recorder knows of the run beforehand.
struct RunFacts {
  RunConfig config;
  Plan plan;
  std::string device;  // "cpu, 2 threads"
  int processes = 1;   // that train together
  std::int64_t parameters = 0;
  bool isNew = true;           // false: resumed
  std::int64_t firstStep = 0;  // completed when this process took over
  double activeSeconds = 0;    // of earlier processes
  double top1 = -1, bestTop1 = -1;
  std::string checkpoint;  // the newest, relative to the run
};

/// Whether points of a series belong to evaluations: their step counts the optimizer steps done, while those of the
/// training name the step they are of.
[[nodiscard]] bool isOfEvaluation(std::string_view series);

/// Observes on the training thread; `status` may be asked from any thread.
class RunRecorder final : public TrainObserver {
 public:
  /// `onEvent` receives the lines of `slab train --json` but the last; `onStatus` the status at every change of
  /// state and at most ten times a second. Both on the training thread, both may be empty.
  RunRecorder(RunWriter& writer, const RunFacts& facts, std::function<void(const Json&)> onEvent,
              std::function<void(const RunStatus&)> onStatus);

  void onState(RunState state, const std::string& message) override;
  void onStep(const StepRecord& record) override;
  void onProgress(const Progress& progress) override;
  void onNorms(std::int64_t step, const std::vector<NormReading>& readings) override;
  void onNormAlarm(std::int64_t step, const NormAlarm& alarm) override;
  void onEvaluation(std::int64_t step, const Evaluation& evaluation) override;
  void onCheckpoint(std::int64_t step, const std::string& path) override;
  void onMicroBatch(std::int64_t step, std::int64_t images) override;
  void onPhase(const Phase& phase) override;
  void onRecalibration(std::int64_t step, const RecalibrationResult& result) override;
  /// Beside the event, the report goes to `non_finite.json` in the run's directory.
  void onNonFinite(const NonFiniteReport& report) override;

  /// The last event of the run, into run.db alone; `state` is Done, Stopped or Failed.
  void end(RunState state, const std::string& reason);

  /// Newest committed row of run.db; from the writer's thread.
  void setCommitted(std::int64_t seq);
  [[nodiscard]] RunStatus status() const;

 private:
  void writeFacts(const RunFacts& facts);
  void writeProgress();
  void writeScores(std::int64_t step, const Evaluation& evaluation);
  void writeDetectionScores(std::int64_t step, const DetectionScores& scores);
  void setNumber(std::string_view key, double value);
  void record(const char* kind, std::int64_t step, const Json& event);
  void publish();

  RunWriter& writer_;
  const Plan plan_;
  const double earlierSeconds_;
  std::function<void(const Json&)> onEvent_;
  std::function<void(const RunStatus&)> onStatus_;
  Stopwatch sincePublished_;

  mutable std::mutex mutex_;  // guards status_
  RunStatus status_;
};

}  // namespace slab::train
