#include "core/store/checkpoint_choice.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <tuple>

#include "core/base/error.h"
#include "core/store/run_directory.h"

namespace slab {
namespace {

// Of the newest segment and those it descends from: the last step that is still part of the training.
std::map<SegmentId, std::int64_t> lineOf(const std::vector<SegmentInfo>& segments) {
  std::map<SegmentId, const SegmentInfo*> known;
  for (const auto& segment : segments) known[segment.id] = &segment;
  std::map<SegmentId, std::int64_t> line;
  std::int64_t last = std::numeric_limits<std::int64_t>::max();
  for (auto at = known.empty() ? known.end() : std::prev(known.end()); at != known.end();) {
    const SegmentInfo& segment = *at->second;
    line[segment.id] = last;
    last = std::min(last, segment.fromStep);
    at = segment.parent < segment.id ? known.find(segment.parent) : known.end();
  }
  return line;
}

}  // namespace

void orderByTraining(std::vector<CheckpointRecord>& records, const std::vector<SegmentInfo>& segments) {
  const auto line = lineOf(segments);
  const auto place = [&](const CheckpointRecord& record) {
    const auto found = line.find(record.segment);
    return std::tuple(found != line.end() && record.step <= found->second, record.segment, record.step);
  };
  std::stable_sort(records.begin(), records.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

CheckpointName parseCheckpointName(const std::string& text) {
  const auto at = text.rfind('@');
  if (at == std::string::npos || RunDirectory::isRun(text)) return {text, std::nullopt};
  std::int64_t step = -1;
  const char *first = text.data() + at + 1, *last = text.data() + text.size();
  const auto [end, code] = std::from_chars(first, last, step);
  if (code != std::errc{} || end != last || step < 0) {
    throw Error(ErrorKind::Config, "'" + text + "' must be DIR or DIR@STEP, with the step of a checkpoint");
  }
  return {text.substr(0, at), step};
}

CheckpointRecord chooseCheckpoint(const std::vector<CheckpointRecord>& records, std::optional<std::int64_t> step,
                                  const std::filesystem::path& run) {
  const CheckpointRecord* chosen = nullptr;
  std::string steps;
  for (const auto& record : records) {
    if (!record.good) continue;
    steps += (steps.empty() ? "" : ", ") + std::to_string(record.step);
    if (!step || record.step == *step) chosen = &record;
  }
  if (chosen != nullptr) return *chosen;
  throw Error(ErrorKind::Checkpoint, "the run " + run.string() + " has no " + (step ? "" : "good ") + "checkpoint" +
                                         (step ? " of step " + std::to_string(*step) : "") + "; there are " +
                                         (steps.empty() ? "none" : steps));
}

}  // namespace slab
