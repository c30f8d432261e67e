// What the runs of a project took when they were measured; kept with each run, so that every window knows it.
#pragma once

#include <QString>
#include <QStringList>
#include <limits>
#include <map>

#include "core/config/run_config.h"

namespace slab {

/// Of one image, in milliseconds: the mean and its 95 % interval.
struct RunLatency {
  double mean = 0, low = 0, high = 0;
  int batch = 1;  // images that were run together
};

struct MeasuredRun {
  RunLatency latency;
  /// Of a detector's last evaluation, from 0 to 1; NaN where there is none.
  double boxAp = std::numeric_limits<double>::quiet_NaN();
};

/// Writes exports/latency.json of the run. Returns why it can't be written, "" when it is.
QString saveLatency(const QString& run, const RunLatency& latency);

/// Those of the run directories that were measured. Reads files: not for the window's thread.
std::map<QString, MeasuredRun> readMeasured(const QStringList& runs);

/// What a detector's latency and AP are compared as, after its backbone: "Swin, SLAB", "PVT, PRepBN", "Swin,
/// LayerNorm".
QString detectorFamily(const RunConfig& config);

}  // namespace slab
