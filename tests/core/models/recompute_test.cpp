// Activation checkpointing changes no bit of a training step.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>

#include "core/models/build_model.h"
#include "core/models/state_dict.h"
#include "core/nn/recompute.h"
#include "core/ops/autocast.h"
#include "core/ops/options.h"
#include "tests/core/models/tiny.h"

namespace slab {
namespace {

struct StepResult {
  at::Tensor loss;
  std::map<std::string, at::Tensor> gradients, buffers;
  at::Tensor noise;  // the generator's state after the step
};

StepResult takeStep(const RegistryEntry& entry, bool recompute, std::optional<at::ScalarType> type = std::nullopt) {
  torch::manual_seed(5);
  const ModelConfig config = testing::tinyConfig(entry);  // drop path 0.2
  const auto model = buildModel(config);
  model->train();
  model->setLambda(0.4);
  model->setRecompute(recompute);
  const at::Tensor images = at::randn({4, config.inChannels, config.imageSize, config.imageSize});
  at::Tensor logits;
  {
    const ops::Autocast autocast(at::kCPU, type);
    logits = model->forward(images);
  }
  StepResult result;
  result.loss = at::cross_entropy_loss(logits.to(at::kFloat), at::arange(4) % config.classes);
  result.loss.backward();
  for (const auto& item : model->named_parameters()) result.gradients[item.key()] = item.value().grad();
  for (const auto& item : model->named_buffers()) result.buffers[item.key()] = item.value();
  result.noise = at::detail::getDefaultCPUGenerator().get_state();
  return result;
}

void expectSameStep(const StepResult& again, const StepResult& plain) {
  EXPECT_TRUE(at::equal(again.loss, plain.loss));
  ASSERT_EQ(again.gradients.size(), plain.gradients.size());
  for (const auto& [name, gradient] : plain.gradients) {
    const at::Tensor& other = again.gradients.at(name);
    ASSERT_EQ(other.defined(), gradient.defined()) << name;
    if (gradient.defined()) {
      EXPECT_TRUE(at::equal(other, gradient)) << name;
    }
  }
  for (const auto& [name, buffer] : plain.buffers) EXPECT_TRUE(at::equal(again.buffers.at(name), buffer)) << name;
  EXPECT_TRUE(at::equal(again.noise, plain.noise)) << "the second run leaves the generator as it was";
}

class EveryRecomputation : public ::testing::TestWithParam<RegistryEntry> {};

TEST_P(EveryRecomputation, GivesTheSameGradientsAndStatistics) {
  for (const auto linear : {ops::LinearBackend::Torch, ops::LinearBackend::OneDnn}) {
    const ops::OptionsGuard pinned({ops::Backend::Auto, linear});
    expectSameStep(takeStep(GetParam(), true), takeStep(GetParam(), false));
  }
}

TEST_P(EveryRecomputation, GivesTheSameGradientsOnTheCompositeOperations) {
  const ops::OptionsGuard pinned({ops::Backend::Reference, ops::LinearBackend::Torch});
  expectSameStep(takeStep(GetParam(), true), takeStep(GetParam(), false));
}

std::vector<RegistryEntry> oneOfEachKind() {
  std::vector<RegistryEntry> entries;
  for (const char* name : {"deit_t", "slab_deit_t", "swin_t_prepbn", "slab_swin_t", "flatten_swin_t", "slab_pvt_t",
                           "pvt_v2_b0", "slab_pvt_v2_b0", "slab_cswin_t"}) {
    entries.push_back(*findModel(name));
  }
  return entries;
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryRecomputation, ::testing::ValuesIn(oneOfEachKind()),
                         [](const auto& info) { return info.param.name; });

TEST(Recomputation, RepeatsTheForwardsPrecision) {
  const RegistryEntry& entry = *findModel("slab_swin_t");
  const StepResult plain = takeStep(entry, false, at::kBFloat16);
  expectSameStep(takeStep(entry, true, at::kBFloat16), plain);
  EXPECT_FALSE(at::equal(plain.loss, takeStep(entry, false).loss));
}

/// Keeps `count` products of its input.
class Deep : public torch::nn::Module {
 public:
  static constexpr int kProducts = 8;
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor y = x;
    for (int i = 0; i < kProducts; ++i) y = at::tanh(y * gain);
    ++runs;
    return y;
  }
  at::Tensor gain = register_parameter("gain", at::ones({1}));
  int runs = 0;
};

TEST(Recomputation, RunsABlockOnceMoreInTheBackwardAndNeverInEvaluation) {
  const auto block = std::make_shared<Deep>();
  const auto context = std::make_shared<nn::Context>();
  context->recompute = true;
  const at::Tensor x = at::randn({16}).requires_grad_(true);
  nn::runBlock(block, x, context).sum().backward();
  EXPECT_EQ(block->runs, 2);
  block->eval();
  nn::runBlock(block, x, context);
  EXPECT_EQ(block->runs, 3);
  context->recompute = false;
  block->train();
  nn::runBlock(block, x, context).sum().backward();
  EXPECT_EQ(block->runs, 4);
}

TEST(Recomputation, KeepsTheInputAlone) {
  const auto block = std::make_shared<Deep>();
  const auto context = std::make_shared<nn::Context>();
  context->recompute = true;
  const at::Tensor x = at::randn({16}).requires_grad_(true);
  const at::Tensor y = nn::runBlock(block, x, context);
  // The graph of a plain call is a chain of products; this one leads from y straight to the leaves.
  const auto node = y.grad_fn();
  ASSERT_NE(node, nullptr);
  for (const auto& edge : node->next_edges()) EXPECT_EQ(edge.function->name(), "torch::autograd::AccumulateGrad");
}

}  // namespace
}  // namespace slab
