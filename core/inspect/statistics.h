// Statistics of timing samples. Timings are skewed: medians, percentiles and bootstrap intervals, paired
// wherever two things were measured in the same rounds.
#pragma once

#include <cstdint>
#include <vector>

namespace slab::inspect {

struct Interval {
  double low = 0.0;
  double high = 0.0;
  [[nodiscard]] bool contains(double value) const { return low <= value && value <= high; }
};

/// Linear interpolation between order statistics; `share` in [0, 1]. 0 for no samples.
double percentile(std::vector<double> samples, double share);
double mean(const std::vector<double>& samples);
double median(const std::vector<double>& samples);

/// 95 % bootstrap interval of the median (percentile method, fixed seed, 2,000 resamples).
Interval medianInterval(const std::vector<double>& samples);

/// 95 % bootstrap interval of the mean.
Interval meanInterval(const std::vector<double>& samples);

/// first[i] and second[i] were measured in the same round.
struct PairedComparison {
  double difference = 0.0;  // median of first - second
  Interval differenceInterval;
  double ratio = 1.0;  // median of first / second
  Interval ratioInterval;

  /// The interval excludes 0: more than the noise of this run.
  [[nodiscard]] bool isDifferent() const { return !differenceInterval.contains(0.0); }
};

PairedComparison comparePaired(const std::vector<double>& first, const std::vector<double>& second);

}  // namespace slab::inspect
