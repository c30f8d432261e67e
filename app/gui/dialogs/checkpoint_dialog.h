// Asks which checkpoint of a run is meant.
#pragma once

#include <QString>
#include <optional>
#include <vector>

#include "core/store/records.h"
#include "widgets/run_table/run_row.h"

class QWidget;

namespace slab {

/// A checkpoint of `run` in a line: step, time, size and what an evaluation of it came to.
QString checkpointWords(const RunRow& run, const CheckpointRecord& checkpoint);

/// A list of the run's checkpoints that are on disk, the newest chosen; nothing when the user leaves it, or there is
/// none. `words` says what will happen, `button` is the verb.
std::optional<qint64> askForCheckpoint(QWidget* parent, const RunRow& run,
                                       const std::vector<CheckpointRecord>& checkpoints, const QString& title,
                                       const QString& words, const QString& button);

}  // namespace slab
