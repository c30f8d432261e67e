#include "core/train/norm_alarm.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/format.h"

namespace slab::train {
namespace {

std::string shown(double value) {
  return formatNumber(value, 3);
}

bool isFinite(const NormReading& reading) {
  return std::isfinite(reading.repBnShare) && std::isfinite(reading.alpha) && std::isfinite(reading.runningVarMean) &&
         std::isfinite(reading.distance.value_or(0));
}

NormAlarm notFinite(const NormReading& reading) {
  return {reading.layer, "", std::numeric_limits<double>::quiet_NaN(), 0,
          "what comes into " + reading.layer +
              ", or its statistics, is not finite; go back to the last good checkpoint with a lower optim.lr or a "
              "later prepbn.lambda_end"};
}

NormAlarm collapsed(const NormReading& reading, double limit) {
  return {reading.layer, "running_var_mean", reading.runningVarMean, limit,
          "the running variance of " + reading.layer + " has collapsed to " + shown(reading.runningVarMean) +
              ": RepBN divides by little more than its eps; lower optim.lr or let lambda fall longer"};
}

NormAlarm exploded(const NormReading& reading, double limit) {
  return {reading.layer, "running_var_mean", reading.runningVarMean, limit,
          "the running variance of " + reading.layer + " has grown to " + shown(reading.runningVarMean) +
              ": activations run away; lower optim.lr or set train.clip"};
}

NormAlarm leftBand(const NormReading& reading, double limit) {
  return {reading.layer, "alpha", reading.alpha, limit,
          "alpha of " + reading.layer + " is " + shown(reading.alpha) +
              ", far from the 1 it began with: the skip outweighs the normalised part; lower optim.lr"};
}

NormAlarm drifted(const NormReading& reading, double limit) {
  return {reading.layer, "distance", *reading.distance, limit,
          "batches of " + reading.layer + " stay " + shown(*reading.distance) +
              " from its running statistics: evaluation normalises otherwise than training; lower optim.lr, let lambda "
              "fall longer, or recalibrate with prepbn.recalibrate"};
}

}  // namespace

std::vector<NormAlarm> NormAlarms::broken(std::int64_t step, const NormReading& reading) {
  if (!isFinite(reading)) return {notFinite(reading)};
  std::vector<NormAlarm> found;
  const double variance = reading.runningVarMean;
  if (variance < limits_.smallestVariance) found.push_back(collapsed(reading, limits_.smallestVariance));
  if (variance > limits_.largestVariance) found.push_back(exploded(reading, limits_.largestVariance));
  if (reading.alpha < limits_.smallestAlpha) found.push_back(leftBand(reading, limits_.smallestAlpha));
  if (reading.alpha > limits_.largestAlpha) found.push_back(leftBand(reading, limits_.largestAlpha));
  const bool isSettled = step >= lambda_.warmup + limits_.settlingSteps;
  int& distant = distant_[reading.layer];
  distant = isSettled && reading.distance > limits_.distance ? distant + 1 : 0;
  if (distant >= limits_.watches) found.push_back(drifted(reading, limits_.distance));
  return found;
}

std::vector<NormAlarm> NormAlarms::update(std::int64_t step, const std::vector<NormReading>& readings) {
  std::vector<NormAlarm> beginning;
  for (const NormReading& reading : readings) {
    auto& on = on_[reading.layer];
    std::vector<std::string> now;
    for (NormAlarm& alarm : broken(step, reading)) {
      now.push_back(alarm.quantity);
      if (std::find(on.begin(), on.end(), alarm.quantity) == on.end()) beginning.push_back(std::move(alarm));
    }
    on = std::move(now);
  }
  return beginning;
}

}  // namespace slab::train
