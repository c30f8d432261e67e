#include "core/train/loss_scaler.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

#include "core/train/named_tensors.h"

namespace slab::train {
namespace {

TEST(LossScaler, DoublesAfterTwoThousandGoodSteps) {
  LossScaler scaler;
  for (int step = 0; step < 1999; ++step) scaler.count(false);
  EXPECT_EQ(scaler.scale(), 65536.0);
  scaler.count(false);
  EXPECT_EQ(scaler.scale(), 131072.0);
  EXPECT_EQ(scaler.goodSteps(), 0);
}

TEST(LossScaler, HalvesOnOverflowAndCountsAnew) {
  LossScaler scaler;
  for (int step = 0; step < 1999; ++step) scaler.count(false);
  scaler.count(true);
  EXPECT_EQ(scaler.scale(), 32768.0);
  scaler.count(false);
  EXPECT_EQ(scaler.scale(), 32768.0) << "the good steps before the overflow are forgotten";
  EXPECT_EQ(scaler.goodSteps(), 1);
}

TEST(LossScaler, FindsTheScaleAtWhichGradientsFit) {
  // A gradient of 3 in float16, whose largest value is 65504: overflows above a scale of 21834.
  LossScaler scaler;
  int skipped = 0;
  for (int step = 0; step < 10; ++step) {
    const at::Tensor gradient = at::full({4}, 3.0 * scaler.scale()).to(at::kHalf).to(at::kFloat);
    scaleAll({{"g", gradient}}, 1.0 / scaler.scale());
    const double norm = l2Norm({{"g", gradient}});
    scaler.count(!std::isfinite(norm));
    skipped += std::isfinite(norm) ? 0 : 1;
    if (std::isfinite(norm)) {
      EXPECT_DOUBLE_EQ(norm, 6.0);
    }
  }
  EXPECT_EQ(skipped, 2);
  EXPECT_EQ(scaler.scale(), 16384.0);
}

TEST(LossScaler, GoesOnFromASavedState) {
  LossScaler scaler;
  scaler.restore(8.0, 1999);
  scaler.count(false);
  EXPECT_EQ(scaler.scale(), 16.0);
}

}  // namespace
}  // namespace slab::train
