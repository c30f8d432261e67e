#include "core/store/step_runs.h"

#include <algorithm>
#include <iterator>

namespace slab {

void StepRuns::push(std::int64_t step) {
  if (!runs_.empty()) {
    Run& last = runs_.back();
    const std::int64_t length = size_ - last.index;
    if (length == 1) last.stride = step - last.step;
    if (step == last.step + last.stride * length) {
      ++size_;
      return;
    }
  }
  runs_.push_back({size_, step, 0});
  ++size_;
}

std::int64_t StepRuns::lengthOf(std::size_t r) const {
  return (r + 1 < runs_.size() ? runs_[r + 1].index : size_) - runs_[r].index;
}

std::int64_t StepRuns::at(std::int64_t index) const {
  const auto after =
      std::upper_bound(runs_.begin(), runs_.end(), index, [](std::int64_t i, const Run& run) { return i < run.index; });
  const Run& run = *std::prev(after);
  return run.step + run.stride * (index - run.index);
}

std::int64_t StepRuns::lowerBound(std::int64_t step) const {
  const auto first =
      std::lower_bound(runs_.begin(), runs_.end(), step, [](const Run& run, std::int64_t s) { return run.step < s; });
  // The step may lie inside the run before the first one that begins at or after it.
  if (first == runs_.begin()) return 0;
  const auto r = static_cast<std::size_t>(std::distance(runs_.begin(), first)) - 1;
  const Run& run = runs_[r];
  const std::int64_t length = lengthOf(r);
  if (run.step + run.stride * (length - 1) < step) return run.index + length;
  return run.index + (step - run.step + run.stride - 1) / run.stride;
}

}  // namespace slab
