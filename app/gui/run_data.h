// The curves, events and checkpoints of one run as the window holds them, and what the reader's thread sends.
#pragma once

#include <QMetaType>
#include <QString>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/store/run_reader.h"
#include "core/store/series_store.h"

namespace slab {

/// New rows of a run, read by the reader's thread. Small enough (65,536 points) for the window to take in a frame.
struct RunUpdate {
  QString path;
  std::vector<SeriesInfo> series;
  std::vector<SegmentInfo> segments;
  NewRows rows;
  QString problem;  ///< why run.db can't be read
};

/// Window thread. Series are shared with the plots that draw them.
struct RunData {
  std::map<std::string, std::shared_ptr<SeriesStore>> series;
  std::map<std::string, std::string> units;
  std::vector<EventRecord> events;
  std::vector<CheckpointRecord> checkpoints;
  QString problem;
  bool isComplete = false;  ///< the reader reached the end of what was written

  void take(const RunUpdate& update);
  /// Null when the run has no such series.
  [[nodiscard]] std::shared_ptr<SeriesStore> find(const std::string& name) const;
  /// Names of all series in the order in which the run made them.
  [[nodiscard]] std::vector<std::string> seriesInOrder() const;

 private:
  std::map<SeriesId, std::string> names_;
  std::int64_t lastSeq_ = 0;
};

}  // namespace slab

Q_DECLARE_METATYPE(std::shared_ptr<slab::RunUpdate>)
