// What a watch of the norms leaves in run.db.
#pragma once

#include <cstdint>
#include <vector>

#include "core/config/fields.h"
#include "core/store/run_writer.h"
#include "core/train/norm_alarm.h"
#include "core/train/norm_reading.h"

namespace slab::train {

/// One point of each series "norm/<layer>/<quantity>" a reading; quantities are repbn_share, alpha, running_var_mean,
/// running_var_min, running_var_max and, out of the warm-up, distance.
void appendNorms(RunWriter& writer, std::int64_t step, const std::vector<NormReading>& readings);

/// {"event":"norm_alarm","step":k,"layer":..,"quantity":..,"value":..,"limit":..,"message":..}; null for a value that
/// is not finite.
Json toJson(std::int64_t step, const NormAlarm& alarm);

}  // namespace slab::train
