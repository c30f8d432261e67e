#include "core/store/checkpoint_choice.h"

#include <charconv>

#include "core/base/error.h"
#include "core/store/run_directory.h"

namespace slab {

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
