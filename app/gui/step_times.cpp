#include "app/gui/step_times.h"

#include "app/gui/panels/run_config.h"

namespace slab {
namespace {

constexpr qint64 kEnoughSteps = 50;

}  // namespace

StepTimes::Work StepTimes::workOf(const RunConfig& config, int processes) {
  return {
      config.model, config.train.batch, config.train.accumulate, config.train.precision, config.device, config.threads,
      config.ops,   processes};
}

void StepTimes::learn(const std::vector<RunRow>& runs) {
  for (const RunRow& run : runs) {
    if (run.step < kEnoughSteps || run.activeSeconds <= 0 || run.config.isEmpty()) continue;
    auto found = runs_.find(run.path);
    if (found == runs_.end()) found = runs_.emplace(run.path, Measured{workOf(configOf(&run), run.processes)}).first;
    found->second.seconds = run.activeSeconds / static_cast<double>(run.step);
    found->second.started = run.started;
  }
}

std::optional<double> StepTimes::secondsPerStep(const RunConfig& config, int processes) const {
  const Work work = workOf(config, processes);
  const Measured* newest = nullptr;
  for (const auto& [path, measured] : runs_) {
    if (measured.work == work && (newest == nullptr || measured.started > newest->started)) newest = &measured;
  }
  return newest == nullptr ? std::nullopt : std::optional(newest->seconds);
}

}  // namespace slab
