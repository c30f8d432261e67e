// The smoothed companion of a series: a debiased exponential moving average, kept up to date as points arrive.
#pragma once

#include "core/store/series_store.h"

namespace slab {

/// y_n = sum_k w^(n-k) x_k / sum_k w^(n-k) over the finite points of the line, weight w in [0, 1). Dividing by the sum
/// of weights takes away the pull towards zero of the first points (Kingma and Ba, 2015, section 3). Non-finite points
/// are passed over and leave a gap in the raw curve only.
class SmoothedSeries {
 public:
  explicit SmoothedSeries(double weight) : weight_(weight) {}

  /// Takes in what `source` has gained; starts again when a resume superseded points. O(new points).
  void update(const SeriesStore& source);

  [[nodiscard]] const SeriesStore& curve() const { return curve_; }
  [[nodiscard]] double weight() const { return weight_; }

 private:
  void restart();
  void takeFrom(const SeriesStore& source, double first_step);

  double weight_;
  SeriesStore curve_;
  std::int64_t revision_ = -1;
  std::int64_t taken_ = 0;  // points of the source's line looked at
  std::int64_t emitted_ = 0;
  double lastStep_ = -1;
  double sum_ = 0, norm_ = 0;
};

}  // namespace slab
