// The steps of a curve: mostly equally spaced, so a run of them is kept as first step and stride.
#pragma once

#include <cstdint>
#include <vector>

namespace slab {

/// A growing, non-decreasing list of steps in a few words a run of equal strides.
class StepRuns {
 public:
  void push(std::int64_t step);
  [[nodiscard]] std::int64_t size() const { return size_; }
  [[nodiscard]] std::int64_t at(std::int64_t index) const;
  [[nodiscard]] std::int64_t back() const { return at(size_ - 1); }
  /// Index of the first step >= `step`.
  [[nodiscard]] std::int64_t lowerBound(std::int64_t step) const;

 private:
  struct Run {
    std::int64_t index;  // of its first step
    std::int64_t step;
    std::int64_t stride;
  };
  /// Points of run `r`.
  [[nodiscard]] std::int64_t lengthOf(std::size_t r) const;

  std::vector<Run> runs_;
  std::int64_t size_ = 0;
};

}  // namespace slab
