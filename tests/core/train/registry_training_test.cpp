// Every model learns, and comes back from its file bit by bit.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <unistd.h>

#include <filesystem>

#include "core/models/build_model.h"
#include "core/models/decay_groups.h"
#include "core/models/state_dict.h"
#include "core/ops/options.h"
#include "core/train/adamw.h"
#include "core/train/tensor_files.h"
#include "tests/core/models/tiny.h"
#include "tests/support/long_tier.h"

namespace slab::train {
namespace {

constexpr std::int64_t kSteps = 20;

AdamW optimizerFor(const Backbone& model) {
  const auto groups = decayGroups(model, DecayRule::Reference);
  std::vector<ParameterGroup> parts;
  for (const auto& [group, decay] : {std::pair{&groups.decay, 0.05}, std::pair{&groups.noDecay, 0.0}}) {
    ParameterGroup part;
    for (const auto& parameter : *group) part.parameters.emplace_back(parameter.name, parameter.tensor);
    part.weightDecay = decay;
    parts.push_back(std::move(part));
  }
  return {std::move(parts), {}};
}

class EveryTraining : public ::testing::TestWithParam<RegistryEntry> {
 protected:
  void SetUp() override {
    torch::manual_seed(11);
    ModelConfig config = testing::tinyConfig(GetParam());
    config.dropPath = 0.0;
    model = buildModel(config);
    images = at::randn({8, config.inChannels, config.imageSize, config.imageSize});
    labels = at::arange(8) % config.classes;
  }

  // One step a call, lambda falling to 0 at two thirds of the steps.
  double step(AdamW& optimizer, std::int64_t number) {
    model->setLambda(std::max(0.0, 1.0 - 1.5 * static_cast<double>(number) / kSteps));
    optimizer.zeroGrad();
    const at::Tensor loss = at::cross_entropy_loss(model->forward(images), labels);
    loss.backward();
    optimizer.step(2e-3);
    return loss.item<double>();
  }

  std::shared_ptr<Backbone> model;
  at::Tensor images, labels;

 private:
  ops::OptionsGuard pinned_{{ops::Backend::Auto, ops::LinearBackend::OneDnn}};
};

TEST_P(EveryTraining, LosesLossAndLoadsBitEqualFromItsFile) {
  model->train();
  AdamW optimizer = optimizerFor(*model);
  const double first = step(optimizer, 0);
  double last = first;
  for (std::int64_t i = 1; i < kSteps; ++i) last = step(optimizer, i);
  EXPECT_LT(last, 0.92 * first);

  model->setCounters({0, 3, 40});
  const auto path = std::filesystem::temp_directory_path() /
                    ("slab_registry_training_" + GetParam().name + std::to_string(::getpid()) + ".safetensors");
  {
    SafetensorsWriter writer;
    NamedTensors tensors, keep;
    for (const auto& item : stateDict(*model)) tensors.emplace_back(item.key(), item.value());
    addTensors(writer, tensors, keep);
    writer.save(path.string());
  }
  auto loaded = buildModel(model->config());
  const LoadReport report = loadStateDict(*loaded, readTensors(path.string()));
  std::filesystem::remove(path);
  EXPECT_TRUE(report.isComplete()) << report.problems();
  const StateDict before = stateDict(*model), after = stateDict(*loaded);
  ASSERT_EQ(after.keys(), before.keys());
  for (const auto& item : before) EXPECT_TRUE(at::equal(after[item.key()], item.value())) << item.key();
  const torch::NoGradGuard noGrad;
  model->eval();
  loaded->eval();
  EXPECT_TRUE(at::equal(loaded->forward(images), model->forward(images)));
}

// At this size the sizes of a family hardly differ: the default tier takes the smallest.
std::vector<RegistryEntry> modelsOfTheTier() {
  auto entries = registry();
  std::erase_if(entries, [](const RegistryEntry& entry) {
    return !testing::isLongTier() && entry.size != "t" && entry.size != "b0";
  });
  return entries;
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryTraining, ::testing::ValuesIn(modelsOfTheTier()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace slab::train
