// Two clocks: the monotonic one measures durations, the wall clock only labels records.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace slab {

/// Seconds on a clock that never jumps; differences only.
double monotonicSeconds();

/// Seconds since 1970-01-01 UTC; may jump.
double wallSeconds();

/// "2026-11-23T20:18:19Z" of a wall time in seconds.
std::string toIso8601(double wall_seconds);

/// Measures from its construction, in seconds.
class Stopwatch {
 public:
  Stopwatch() : start_(monotonicSeconds()) {}
  [[nodiscard]] double seconds() const { return monotonicSeconds() - start_; }
  void restart() { start_ = monotonicSeconds(); }

 private:
  double start_;
};

}  // namespace slab
