// The smoothed companion of a series: a debiased exponential moving average, kept up to date as points arrive.
#pragma once

#include <atomic>
#include <limits>
#include <mutex>
#include <optional>
#include <vector>

#include "core/store/series_store.h"

namespace slab {

/// y_n = sum_k w^(n-k) x_k / sum_k w^(n-k) over the finite points of the line, weight w in [0, 1). Dividing by the sum
/// of weights takes away the pull towards zero of the first points (Kingma and Ba, 2015, section 3). Non-finite points
/// are passed over and leave a gap in the raw curve only.
///
/// Long series are averaged off the window thread: `next` copies points of the source on the thread that owns it,
/// `take` averages them on any other, one call at a time; whoever reads `curve` meanwhile holds `lock`.
class SmoothedSeries {
 public:
  /// Points of the source in order; the first of a new line `restarts`.
  struct Slice {
    std::vector<std::int64_t> steps;
    std::vector<double> wall, values;
    bool restarts = false;
  };

  explicit SmoothedSeries(double weight) : weight_(weight) {}

  /// Takes in what `source` has gained; starts again when a resume superseded points. O(new points).
  void update(const SeriesStore& source);

  /// About `limit` points that `source` has gained; nothing when the average is up to date with it.
  std::optional<Slice> next(const SeriesStore& source, std::int64_t limit = std::numeric_limits<std::int64_t>::max());
  void take(const Slice& slice);

  /// True while a slice is on its way to `take` on another thread.
  std::atomic<bool> isBusy = false;
  /// False while points that `next` knew of are still to be averaged.
  [[nodiscard]] bool isComplete() const { return !isBusy && !hasMore_; }

  [[nodiscard]] std::unique_lock<std::mutex> lock() const { return std::unique_lock(mutex_); }
  [[nodiscard]] const SeriesStore& curve() const { return curve_; }
  [[nodiscard]] double weight() const { return weight_; }

 private:
  const double weight_;
  // Of `next`: how far the source was read.
  std::int64_t revision_ = -1;
  std::int64_t taken_ = 0;  // points of the source's line looked at
  double lastStep_ = -1;
  bool hasMore_ = false;
  // Of `take`; the curve is shared with its readers.
  mutable std::mutex mutex_;
  SeriesStore curve_;
  std::int64_t emitted_ = 0;
  double sum_ = 0, norm_ = 0;
};

}  // namespace slab
