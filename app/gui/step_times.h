// How long a training step takes here: learnt from the project's runs.
#pragma once

#include <QString>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "core/config/run_config.h"
#include "widgets/run_table/run_row.h"

namespace slab {

/// Two runs do the same work a step where model, batch, processes and machine settings are the same.
class StepTimes {
 public:
  /// Takes the figures of runs with at least 50 steps; a run's configuration is read once.
  void learn(const std::vector<RunRow>& runs);
  /// Of the newest run with this work; nothing where there is none.
  [[nodiscard]] std::optional<double> secondsPerStep(const RunConfig& config, int processes) const;

 private:
  using Work =
      std::tuple<ModelConfig, std::int64_t, std::int64_t, Precision, std::string, std::int64_t, OpsConfig, int>;
  struct Measured {
    Work work;
    double seconds = 0, started = 0;
  };
  static Work workOf(const RunConfig& config, int processes);

  std::map<QString, Measured> runs_;
};

}  // namespace slab
