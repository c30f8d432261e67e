// Dynamic loss scaling for float16 (Micikevicius et al., 2018): small gradients are kept from becoming 0.
#pragma once

#include <cstdint>

namespace slab::train {

/// The loss is multiplied by `scale()` before the backward, the gradients are divided by it after. The scale doubles
/// after `kInterval` steps without overflow and halves with each overflow, whose step is skipped but counted.
class LossScaler {
 public:
  static constexpr double kInitial = 65536.0;
  static constexpr std::int64_t kInterval = 2000;

  [[nodiscard]] double scale() const { return scale_; }
  /// Steps since the scale changed or overflowed.
  [[nodiscard]] std::int64_t goodSteps() const { return goodSteps_; }

  /// Call once a step. `overflowed`: the gradients hold a value that is not finite.
  void count(bool overflowed) {
    if (overflowed) {
      restore(scale_ / 2.0, 0);
    } else if (++goodSteps_ == kInterval) {
      restore(scale_ * 2.0, 0);
    }
  }
  void restore(double scale, std::int64_t goodSteps) {
    scale_ = scale;
    goodSteps_ = goodSteps;
  }

 private:
  double scale_ = kInitial;
  std::int64_t goodSteps_ = 0;
};

}  // namespace slab::train
