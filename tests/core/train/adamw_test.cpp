#include "core/train/adamw.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"

namespace slab::train {
namespace {

constexpr double kRate = 1e-2, kDecay = 0.1;

at::Tensor parameter(std::int64_t rows, std::int64_t columns) {
  return at::randn({rows, columns}).set_requires_grad(true);
}

AdamW optimizerOf(const NamedTensors& parameters) {
  return AdamW({{parameters, kDecay}}, {0.9, 0.99, 1e-8});
}

torch::optim::AdamW reference(const std::vector<at::Tensor>& parameters) {
  return torch::optim::AdamW(parameters,
                             torch::optim::AdamWOptions(kRate).betas({0.9, 0.99}).eps(1e-8).weight_decay(kDecay));
}

void setGradient(const at::Tensor& target, const at::Tensor& gradient) {
  target.mutable_grad() = gradient.clone();
}

TEST(AdamW, TakesTheStepsOfLibTorchsOwn) {
  torch::manual_seed(1);
  const at::Tensor mine = parameter(7, 5);
  at::Tensor theirs = mine.detach().clone().set_requires_grad(true);
  AdamW optimizer = optimizerOf({{"w", mine}});
  auto expected = reference({theirs});
  for (int step = 0; step < 20; ++step) {
    const at::Tensor gradient = at::randn({7, 5});
    setGradient(mine, gradient);
    setGradient(theirs, gradient);
    optimizer.step(kRate);
    expected.step();
  }
  EXPECT_LT((mine - theirs).abs().max().item<double>(), 1e-6);
}

TEST(AdamW, AGradientOfOtherStridesCountsByItsIndices) {
  torch::manual_seed(2);
  const at::Tensor plain = parameter(4, 6);
  const at::Tensor transposed = plain.detach().clone().set_requires_grad(true);
  AdamW first = optimizerOf({{"w", plain}}), second = optimizerOf({{"w", transposed}});
  const at::Tensor gradient = at::randn({6, 4}).t();
  setGradient(plain, gradient.contiguous());
  transposed.mutable_grad() = gradient;
  first.step(kRate);
  second.step(kRate);
  EXPECT_TRUE(at::equal(plain, transposed));
}

TEST(AdamW, AParameterWithoutGradientIsLeftAlone) {
  const at::Tensor used = parameter(2, 2), unused = parameter(2, 2);
  const at::Tensor before = unused.detach().clone();
  AdamW optimizer = optimizerOf({{"used", used}, {"unused", unused}});
  setGradient(used, at::ones({2, 2}));
  optimizer.step(kRate);
  EXPECT_TRUE(at::equal(unused, before)) << "decay included";
  for (const auto& [name, tensor] : optimizer.state()) {
    if (name == "used/step") {
      EXPECT_EQ(tensor.item<float>(), 1.0F);
    }
    if (name == "unused/step") {
      EXPECT_EQ(tensor.item<float>(), 0.0F);
    }
  }
}

TEST(AdamW, AStepCountsAsAChangeForCachesOfDerivedValues) {
  const at::Tensor weight = parameter(3, 3);
  AdamW optimizer = optimizerOf({{"w", weight}});
  const auto version = weight._version();
  setGradient(weight, at::ones({3, 3}));
  optimizer.step(kRate);
  EXPECT_GT(weight._version(), version);
}

TEST(AdamW, ASavedStateGoesOnWithTheSameBits) {
  torch::manual_seed(3);
  const at::Tensor straight = parameter(5, 3);
  const at::Tensor resumed = straight.detach().clone().set_requires_grad(true);
  const std::vector<at::Tensor> gradients{at::randn({5, 3}), at::randn({5, 3}), at::randn({5, 3})};
  AdamW one = optimizerOf({{"w", straight}});
  for (const auto& gradient : gradients) {
    setGradient(straight, gradient);
    one.step(kRate);
  }
  AdamW before = optimizerOf({{"w", resumed}});
  setGradient(resumed, gradients[0]);
  before.step(kRate);
  std::map<std::string, at::Tensor> saved;
  for (const auto& [name, tensor] : before.state()) saved[name] = tensor.clone();
  AdamW after = optimizerOf({{"w", resumed}});
  after.loadState([&](const std::string& name) { return saved[name]; });
  for (std::size_t i = 1; i < gradients.size(); ++i) {
    setGradient(resumed, gradients[i]);
    after.step(kRate);
  }
  EXPECT_TRUE(at::equal(straight, resumed));
}

TEST(AdamW, AStateThatLacksAnEntryIsRefusedByName) {
  AdamW optimizer = optimizerOf({{"layer.weight", parameter(2, 2)}});
  try {
    optimizer.loadState([](const std::string&) { return at::Tensor(); });
    FAIL() << "an empty state was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Checkpoint);
    EXPECT_NE(std::string(error.what()).find("layer.weight/step"), std::string::npos);
  }
}

}  // namespace
}  // namespace slab::train
