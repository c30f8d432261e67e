#include "app/gui/run_data.h"

#include <algorithm>

namespace slab {

void RunData::take(const RunUpdate& update) {
  problem = update.problem;
  for (const SeriesInfo& info : update.series) {
    names_[info.id] = info.name;
    units[info.name] = info.unit;
    std::shared_ptr<SeriesStore>& store = series[info.name];
    if (store == nullptr) store = std::make_shared<SeriesStore>();
    for (const SegmentInfo& segment : update.segments) store->addSegment(segment);
  }
  for (const Chunk& chunk : update.rows.chunks) {
    const auto name = names_.find(chunk.series);
    if (name != names_.end()) series[name->second]->append(chunk);
  }
  // Rows may come twice when a run is let go and asked for again.
  for (const EventRecord& event : update.rows.events) {
    if (event.seq > lastSeq_) events.push_back(event);
  }
  for (const CheckpointRecord& checkpoint : update.rows.checkpoints) {
    if (checkpoint.seq > lastSeq_) checkpoints.push_back(checkpoint);
  }
  lastSeq_ = std::max(lastSeq_, update.rows.seq);
  isComplete = update.rows.complete;
}

std::shared_ptr<SeriesStore> RunData::find(const std::string& name) const {
  const auto found = series.find(name);
  return found == series.end() ? nullptr : found->second;
}

std::vector<std::string> RunData::seriesInOrder() const {
  std::vector<std::string> names;
  for (const auto& [id, name] : names_) names.push_back(name);
  return names;
}

}  // namespace slab
