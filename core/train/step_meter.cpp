#include "core/train/step_meter.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace slab::train {

namespace {
constexpr std::size_t kWindow = 101;
constexpr std::size_t kEnough = 5;
}  // namespace

void StepMeter::addStep(double seconds, double waited, std::int64_t images) {
  recent_.push_back(seconds);
  if (recent_.size() > kWindow) recent_.pop_front();
  seconds_ += seconds;
  waited_ += waited;
  images_ += images;
  ++steps_;
}

double StepMeter::recentImagesPerSecond(std::int64_t imagesPerStep) const {
  const double seconds = std::accumulate(recent_.begin(), recent_.end(), 0.0);
  return seconds > 0 ? static_cast<double>(imagesPerStep) * static_cast<double>(recent_.size()) / seconds : 0.0;
}

void StepMeter::restart() {
  seconds_ = waited_ = 0;
  images_ = steps_ = 0;
}

double StepMeter::etaSeconds(std::int64_t steps, std::int64_t evaluations, std::int64_t checkpoints) const {
  if (recent_.size() < kEnough) return -1.0;
  std::vector<double> sorted(recent_.begin(), recent_.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle * static_cast<double>(steps) + evaluationSeconds_ * static_cast<double>(evaluations) +
         checkpointSeconds_ * static_cast<double>(checkpoints);
}

}  // namespace slab::train
