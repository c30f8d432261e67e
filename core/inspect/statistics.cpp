#include "core/inspect/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/rng.h"

namespace slab::inspect {
namespace {

constexpr int kResamples = 2000;
constexpr double kLowShare = 0.025, kHighShare = 0.975;

double sortedPercentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0.0;
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - static_cast<double>(below));
}

template <typename Statistic>
Interval bootstrap(const std::vector<double>& samples, Statistic statistic) {
  if (samples.empty()) return {};
  Random random(20240601);
  std::vector<double> resample(samples.size()), estimates(kResamples);
  for (auto& estimate : estimates) {
    for (auto& value : resample) value = samples[random.below(samples.size())];
    estimate = statistic(resample);
  }
  std::sort(estimates.begin(), estimates.end());
  return {sortedPercentile(estimates, kLowShare), sortedPercentile(estimates, kHighShare)};
}

double medianInPlace(std::vector<double>& values) {
  const std::size_t middle = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(middle), values.end());
  if (values.size() % 2 == 1) return values[middle];
  const double upper = values[middle];
  return (upper + *std::max_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(middle))) / 2.0;
}

}  // namespace

double percentile(std::vector<double> samples, double share) {
  std::sort(samples.begin(), samples.end());
  return sortedPercentile(samples, share);
}

double mean(const std::vector<double>& samples) {
  if (samples.empty()) return 0.0;
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

double median(const std::vector<double>& samples) {
  return percentile(samples, 0.5);
}

Interval medianInterval(const std::vector<double>& samples) {
  return bootstrap(samples, [](std::vector<double>& values) { return medianInPlace(values); });
}

Interval meanInterval(const std::vector<double>& samples) {
  return bootstrap(samples, [](std::vector<double>& values) { return mean(values); });
}

PairedComparison comparePaired(const std::vector<double>& first, const std::vector<double>& second) {
  const std::size_t rounds = std::min(first.size(), second.size());
  std::vector<double> differences(rounds), ratios(rounds);
  for (std::size_t i = 0; i < rounds; ++i) {
    differences[i] = first[i] - second[i];
    ratios[i] = second[i] > 0.0 ? first[i] / second[i] : 1.0;
  }
  return {median(differences), medianInterval(differences), rounds > 0 ? median(ratios) : 1.0, medianInterval(ratios)};
}

}  // namespace slab::inspect
