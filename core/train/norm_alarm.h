// When a norm's figures are worth a person's attention.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/config/schedule.h"
#include "core/train/norm_reading.h"

namespace slab::train {

/// The bounds of a healthy norm; nothing else in the program holds one. They are wide: a training that converges
/// stays far inside them.
struct NormLimits {
  /// Statistics move by a tenth of the difference a batch, so what they began with is below 1 % after this many
  /// steps from the end of the warm-up. No distance counts before.
  std::int64_t settlingSteps = 50;
  /// Evaluation normalises with the running statistics. At a distance of 1 a typical channel is off by 1.4 standard
  /// deviations, or its variance by a factor of 6.
  double distance = 1.0;
  /// One batch may be odd; this many watches in a row are not chance.
  int watches = 3;
  /// Mean running variance. Below it, RepBN's eps of 1e-5 outweighs the variance it divides by.
  double smallestVariance = 1e-5;
  /// Above it, float32 activations have lost most of the digits that tell tokens apart.
  double largestVariance = 1e6;
  /// alpha begins at 1. Beyond, the skip outweighs the normalised part, and a fold inherits its scale.
  double smallestAlpha = -4, largestAlpha = 6;
};

struct NormAlarm {
  std::string layer;
  std::string quantity;  // as in the series' name; "" where several figures are not finite
  double value = 0;
  double limit = 0;
  std::string message;  // one sentence with the mend
};

/// Remembers which alarms are on, so that each is told once when it begins, and again only after it was over.
class NormAlarms {
 public:
  explicit NormAlarms(const LambdaSchedule& lambda, NormLimits limits = {}) : lambda_(lambda), limits_(limits) {}

  /// The alarms that begin at this watch.
  std::vector<NormAlarm> update(std::int64_t step, const std::vector<NormReading>& readings);

 private:
  /// All bounds that `reading` breaks now.
  [[nodiscard]] std::vector<NormAlarm> broken(std::int64_t step, const NormReading& reading);

  LambdaSchedule lambda_;
  NormLimits limits_;
  std::map<std::string, int> distant_;                  // watches in a row, by layer
  std::map<std::string, std::vector<std::string>> on_;  // quantities in alarm, by layer
};

}  // namespace slab::train
