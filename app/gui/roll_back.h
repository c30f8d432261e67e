// Ways back for a failed run: the last good checkpoint, and what to change when going on from it.
#pragma once

#include <QString>
#include <QStringList>
#include <optional>
#include <vector>

#include "core/store/records.h"
#include "widgets/run_table/run_row.h"

namespace slab {

/// A branch to start with one click.
struct RollBack {
  qint64 step = 0;       ///< of the checkpoint
  QStringList settings;  ///< as after --set
  QString name;          ///< of the new run
  QString words;         ///< "learning rate 0.0005 instead of 0.001"
};

/// The newest good checkpoint at or before `step` whose folder is still there; the step alone.
std::optional<qint64> lastGoodStep(const RunRow& run, const std::vector<CheckpointRecord>& checkpoints, qint64 step);

/// Half the learning rate. Nothing where the configuration names none.
std::optional<RollBack> halfRate(const RunRow& run, qint64 step);

/// Lambda falls over twice as many steps, at most to the end of the run. Nothing where that changes no step from `step`
/// on: without PRepBN, where lambda falls to the end already, and where even the longer fall is over by then.
std::optional<RollBack> longerTransition(const RunRow& run, qint64 step);

/// Why it offers nothing, as a sentence; empty where it does.
QString whyNoLongerTransition(const RunRow& run, qint64 step);

}  // namespace slab
