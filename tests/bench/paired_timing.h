// Two ways to do the same work, timed in turns: A, B, A, B, ... so that a drift of the machine meets both.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

namespace slab::bench {

/// Medians in milliseconds, and the ratio rival / ours with its bootstrap 95 % interval.
struct PairedTiming {
  double oursMs = 0.0;
  double rivalMs = 0.0;
  double ratio = 0.0;
  double low = 0.0;
  double high = 0.0;
  int turns = 0;
};

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

inline double milliseconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// Bootstrap of the median ratio over whole turns, with a fixed seed.
inline void addInterval(PairedTiming& timing, const std::vector<double>& ours, const std::vector<double>& rival) {
  constexpr int kResamples = 1000;
  std::mt19937 random(1);
  std::uniform_int_distribution<std::size_t> pick(0, ours.size() - 1);
  std::vector<double> ratios, a(ours.size()), b(ours.size());
  for (int resample = 0; resample < kResamples; ++resample) {
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const auto turn = pick(random);
      a[i] = ours[turn];
      b[i] = rival[turn];
    }
    ratios.push_back(median(b) / median(a));
  }
  std::sort(ratios.begin(), ratios.end());
  timing.low = ratios[kResamples / 40];
  timing.high = ratios[kResamples - 1 - kResamples / 40];
}

/// Warms both up (three turns), then measures turns until `seconds` have passed, at least 7 and at most 200.
inline PairedTiming timePaired(const std::function<void()>& ours, const std::function<void()>& rival, double seconds) {
  for (int turn = 0; turn < 3; ++turn) {
    ours();
    rival();
  }
  std::vector<double> a, b;
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  while (a.size() < 7 || (elapsed() < seconds && a.size() < 200)) {
    a.push_back(milliseconds(ours));
    b.push_back(milliseconds(rival));
  }
  PairedTiming timing{median(a), median(b), 0.0, 0.0, 0.0, static_cast<int>(a.size())};
  timing.ratio = timing.rivalMs / timing.oursMs;
  addInterval(timing, a, b);
  return timing;
}

}  // namespace slab::bench
