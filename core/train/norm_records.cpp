#include "core/train/norm_records.h"

#include <cmath>
#include <string>

#include "core/base/clock.h"

namespace slab::train {

void appendNorms(RunWriter& writer, std::int64_t step, const std::vector<NormReading>& readings) {
  const double wall = wallSeconds();
  for (const NormReading& reading : readings) {
    const auto append = [&](const char* quantity, double value) {
      writer.append(writer.series("norm/" + reading.layer + "/" + quantity), step, value, wall);
    };
    append("repbn_share", reading.repBnShare);
    append("alpha", reading.alpha);
    append("running_var_mean", reading.runningVarMean);
    append("running_var_min", reading.runningVarMin);
    append("running_var_max", reading.runningVarMax);
    if (reading.distance) append("distance", *reading.distance);
  }
}

Json toJson(std::int64_t step, const NormAlarm& alarm) {
  return {{"event", "norm_alarm"},
          {"step", step},
          {"layer", alarm.layer},
          {"quantity", alarm.quantity},
          {"value", std::isfinite(alarm.value) ? Json(alarm.value) : Json(nullptr)},
          {"limit", alarm.limit},
          {"message", alarm.message}};
}

}  // namespace slab::train
