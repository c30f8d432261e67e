#include "core/train/loss.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "core/train/named_tensors.h"
#include "core/train/tensor_files.h"

namespace slab::train {
namespace {

TEST(LabelSmoothedCrossEntropy, IsTheSumOverSmoothedTargets) {
  torch::manual_seed(4);
  const at::Tensor logits = at::randn({6, 10}), labels = at::randint(10, {6}, at::kLong);
  const at::Tensor targets = at::one_hot(labels, 10).to(at::kFloat) * 0.9 + 0.1 / 10;
  const double expected = -(targets * logits.log_softmax(1)).sum(1).mean().item<double>();
  EXPECT_NEAR(labelSmoothedCrossEntropy(logits, labels, 0.1).item<double>(), expected, 1e-6);
}

TEST(TrainingLoss, AMixedBatchSmoothsOnceAndSharesBetweenOppositeLabels) {
  torch::manual_seed(5);
  const at::Tensor logits = at::randn({5, 4}), labels = at::tensor({0, 3, 1, 3, 2}, at::kLong);
  const at::Tensor targets = mixedTargets(labels, 4, 0.7, 0.2);
  const at::Tensor first = at::tensor({0.85 * 0.7 + 0.05 * 0.3, 0.05, 0.85 * 0.3 + 0.05 * 0.7, 0.05}, at::kFloat);
  EXPECT_TRUE(at::allclose(targets[0], first)) << targets[0];
  EXPECT_TRUE(at::allclose(targets[1], at::tensor({0.05, 0.05, 0.05, 0.85}, at::kFloat))) << "two of one label";
  EXPECT_TRUE(at::allclose(targets.sum(1), at::ones({5})));
  const double expected = -(targets * logits.log_softmax(1)).sum(1).mean().item<double>();
  EXPECT_NEAR(trainingLoss(logits, trainingTargets(labels, logits.size(1), 0.7, 0.2), 0.2).item<double>(), expected,
              1e-6);
}

// tests/oracles/make_augment.py: timm's targets for the shares of mixing.tsv.
TEST(TrainingLoss, MixedTargetsAreTimms) {
  const std::string folder = SLAB_TEST_DATA "/oracles/augment/";
  const StateDict oracle = readTensors(folder + "mixing.safetensors");
  std::ifstream rows(folder + "mixing.tsv");
  const at::Tensor labels = at::tensor({4, 0, 2, 2}, at::kLong);
  int compared = 0;
  for (std::string line; std::getline(rows, line); ++compared) {
    std::istringstream fields(line);
    std::string number, width, height;
    double share = 0;
    fields >> number >> width >> height >> share;
    EXPECT_TRUE(at::allclose(mixedTargets(labels, 5, share, 0.1), oracle[number + ".targets"], 1e-6, 1e-7)) << line;
  }
  EXPECT_EQ(compared, 40);
}

TEST(TrainingLoss, AnUnmixedBatchHasTheSameLossEitherWay) {
  torch::manual_seed(6);
  const at::Tensor logits = at::randn({6, 9}), labels = at::randint(9, {6}, at::kLong);
  const double soft = softTargetCrossEntropy(logits, mixedTargets(labels, 9, 1.0, 0.1)).item<double>();
  EXPECT_NEAR(trainingLoss(logits, trainingTargets(labels, 9, 1.0, 0.1), 0.1).item<double>(), soft, 1e-6);
}

TEST(CountTopK, CountsLabelsAmongTheHighestLogits) {
  const at::Tensor logits = at::tensor({0.1F, 0.9F, 0.5F, 0.3F, 0.2F, 0.7F}).view({2, 3});
  const at::Tensor labels = at::tensor({2, 0}, at::kLong);
  EXPECT_EQ(countTopK(logits, labels, 1), 0);
  EXPECT_EQ(countTopK(logits, labels, 2), 2);
  EXPECT_EQ(countTopK(logits, labels, 5), 2) << "fewer classes than k";
}

TEST(CountTopK, AConstantOutputIsNoBetterThanChance) {
  const at::Tensor logits = at::zeros({10, 10}), labels = at::arange(10, at::kLong);
  EXPECT_EQ(countTopK(logits, labels, 1), 1);
  EXPECT_EQ(countTopK(logits, labels, 5), 5);
}

TEST(CountTopK, ANaNIsNeverRight) {
  const at::Tensor logits = at::full({3, 4}, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(countTopK(logits, at::zeros({3}, at::kLong), 4), 0);
}

TEST(NamedTensors, TheFirstNonFiniteOneIsNamed) {
  const at::Tensor good = at::ones({3}), integer = at::ones({3}, at::kLong);
  const at::Tensor bad = at::tensor({1.0F, std::numeric_limits<float>::infinity()});
  EXPECT_EQ(firstNonFinite({{"a", good}, {"b", integer}, {"none", {}}}), std::nullopt);
  EXPECT_EQ(firstNonFinite({{"a", good}, {"b", bad}, {"c", bad}}), "b");
}

TEST(NamedTensors, TheNormRunsOverAllTensors) {
  EXPECT_DOUBLE_EQ(l2Norm({{"a", at::full({1}, 3.0)}, {"none", {}}, {"b", at::full({4}, 2.0)}}), 5.0);
  EXPECT_DOUBLE_EQ(l2Norm({}), 0.0);
}

TEST(NamedTensors, TheNormOfManyPiecesLayoutsAndTypesIsThatOfDoubles) {
  at::manual_seed(3);
  const at::Tensor large = at::randn({300, 700}),
                   image = at::randn({2, 3, 5, 7}).contiguous(at::MemoryFormat::ChannelsLast);
  const NamedTensors tensors{{"large", large},
                             {"image", image},
                             {"spread", at::randn({40, 6}).slice(1, 0, 6, 2)},
                             {"half", at::randn({129}).to(at::kBFloat16)},
                             {"double", at::randn({33}, at::kDouble)},
                             {"empty", at::empty({0})},
                             {"huge", at::full({1}, 1e25F)}};
  double sum = 0;
  for (const auto& [name, tensor] : tensors) sum += tensor.to(at::kDouble).square().sum().item<double>();
  EXPECT_NEAR(l2Norm(tensors) / std::sqrt(sum), 1.0, 1e-14) << "its square is beyond float32";
  const NamedTensors small(tensors.begin(), tensors.end() - 1);
  sum = 0;
  for (const auto& [name, tensor] : small) sum += tensor.to(at::kDouble).square().sum().item<double>();
  EXPECT_NEAR(l2Norm(small) / std::sqrt(sum), 1.0, 1e-12);
  EXPECT_TRUE(std::isnan(l2Norm({{"a", large}, {"nan", at::full({9}, std::nanf(""))}})));
}

TEST(NamedTensors, ClippingScalesToTheLimitAndNeverUp) {
  const at::Tensor gradient = at::full({4}, 5.0);  // norm 10
  clipGradients({{"g", gradient}}, 10.0, 0.0);
  EXPECT_DOUBLE_EQ(gradient[0].item<double>(), 5.0) << "0 switches it off";
  clipGradients({{"g", gradient}}, 10.0, 20.0);
  EXPECT_DOUBLE_EQ(gradient[0].item<double>(), 5.0);
  clipGradients({{"g", gradient}}, 10.0, 2.0);
  EXPECT_NEAR(l2Norm({{"g", gradient}}), 2.0, 1e-6);
}

}  // namespace
}  // namespace slab::train
