// A trial of a sweep as the window shows it.
#pragma once

#include <QString>
#include <limits>
#include <vector>

#include "core/config/fields.h"
#include "core/store/queue_records.h"

namespace slab {

struct SweepTrial {
  qint64 job = 0;
  QString name;
  JobState state = JobState::Waiting;
  std::vector<Json> values;                                ///< one for each key of the sweep
  double best = std::numeric_limits<double>::quiet_NaN();  ///< of the sweep's score, percent; NaN: none yet
  double seconds = 0;                                      ///< of training
};

}  // namespace slab
