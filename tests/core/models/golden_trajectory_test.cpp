// Seven real optimizer steps from the golden fill agree with the reference's, on both backends.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/config/arch/registry.h"
#include "core/config/schedule.h"
#include "core/models/build_model.h"
#include "core/models/decay_groups.h"
#include "core/models/state_dict.h"
#include "core/ops/options.h"
#include "support/golden.h"

namespace slab {
namespace {

// The reference's warm = 1, step = 4.
constexpr LambdaSchedule kLambda{1, 5};

ModelConfig configFor(const std::string& name) {
  ModelConfig config = modelByName(name == "tiny_slab_swin" ? "slab_swin_t" : name);
  config.dropPath = 0.0;
  if (name != "tiny_slab_swin") return config;
  config.name = name;
  config.imageSize = 64;
  config.embedDim = 32;
  config.depths = {1, 1, 2, 1};
  config.heads = {1, 2, 4, 8};
  config.window = 16;
  config.classes = 10;
  return config;
}

struct Batch {
  at::Tensor images;
  at::Tensor labels;
};

Batch batchOf(std::int64_t step, std::int64_t count, const ModelConfig& config) {
  std::vector<at::Tensor> images;
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < count; ++i) {
    images.push_back(golden::image(static_cast<std::uint32_t>(1000003 + 16 * step + i), 3, config.imageSize));
    labels.push_back((7 * step + 3 * i) % config.classes);
  }
  return {at::cat(images), at::tensor(labels, at::kLong)};
}

double l2Of(const std::vector<at::Tensor>& tensors) {
  double sum = 0.0;
  for (const auto& tensor : tensors) sum += tensor.detach().to(at::kDouble).pow(2).sum().item<double>();
  return std::sqrt(sum);
}

double gradientL2(const Backbone& model) {
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : model.parameters()) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  return l2Of(gradients);
}

double runningVarSum(const Backbone& model) {
  double sum = 0.0;
  for (const auto& item : stateDict(model)) {
    if (item.key().ends_with("running_var")) sum += item.value().to(at::kDouble).sum().item<double>();
  }
  return sum;
}

torch::optim::AdamW optimizerFor(const Backbone& model, double rate) {
  const auto groups = decayGroups(model, DecayRule::Reference);
  const auto group = [&](const std::vector<NamedParameter>& parameters, double decay) {
    std::vector<at::Tensor> tensors;
    for (const auto& parameter : parameters) tensors.push_back(parameter.tensor);
    auto options = std::make_unique<torch::optim::AdamWOptions>(rate);
    options->betas({0.9, 0.999}).eps(1e-8).weight_decay(decay);
    return torch::optim::OptimizerParamGroup(std::move(tensors), std::move(options));
  };
  return torch::optim::AdamW({group(groups.decay, 0.05), group(groups.noDecay, 0.0)});
}

void expectRelative(double actual, const std::string& expected, double tolerance, const std::string& what) {
  const double value = std::stod(expected);
  EXPECT_NEAR(actual, value, tolerance * std::abs(value)) << what;
}

struct Case {
  std::string model;
  ops::Options options;
};

void PrintTo(const Case& chosen, std::ostream* out) {
  *out << chosen.model;
}

class Trajectory : public ::testing::TestWithParam<Case> {};

TEST_P(Trajectory, FollowsTheReferenceForSevenSteps) {
  const ops::OptionsGuard guard(GetParam().options);
  const ModelConfig config = configFor(GetParam().model);
  auto model = buildModel(config);
  const LoadReport report = loadStateDict(*model, golden::weights(GetParam().model));
  ASSERT_TRUE(report.isComplete()) << report.problems();
  std::optional<torch::optim::AdamW> optimizer;
  int steps = 0;
  for (const auto& row : golden::readTable("train_trajectory.tsv")) {
    if (row.at(0) != GetParam().model) continue;
    const std::string what = row[0] + " step " + row[5];
    if (row[5] == "eval") {
      const torch::NoGradGuard noGrad;
      model->eval();
      golden::Logits expected{row[0], std::stod(row[6]), std::stod(row[7]), -1, {}};
      std::istringstream first(row[8]);
      for (double value = 0; first >> value;) expected.first.push_back(value);
      const at::Tensor logits = model->forward(golden::image(golden::kLogitsImage, 3, config.imageSize));
      EXPECT_LE(golden::logitsError(logits, expected), 1e-3) << what;
      ++steps;
      continue;
    }
    if (!optimizer) optimizer.emplace(optimizerFor(*model, std::stod(row[4])));
    const std::int64_t step = std::stoll(row[5]);
    const Batch batch = batchOf(step, std::stoll(row[2]), config);
    model->setLambda(kLambda.at(step), kLambda.isWarmup(step));
    optimizer->zero_grad();
    const at::Tensor loss =
        at::cross_entropy_loss(model->forward(batch.images), batch.labels, {}, at::Reduction::Mean, -100, 0.1);
    loss.backward();
    const double gradient = gradientL2(*model);
    optimizer->step();
    model->setCounters({kLambda.warmBuffer(step + 1), kLambda.iterBuffer(step + 1), kLambda.totalStepBuffer()});
    expectRelative(loss.item<double>(), row[6], 1e-4, what + " loss");
    expectRelative(gradient, row[7], 1e-3, what + " grad_l2");
    expectRelative(l2Of(model->parameters()), row[8], 1e-6, what + " param_l2");
    expectRelative(runningVarSum(*model), row[9], 1e-4, what + " running_var_sum");
    EXPECT_EQ(model->counters()->iter, std::stoll(row[10])) << what;
    ++steps;
  }
  EXPECT_EQ(steps, 8);
}

constexpr ops::Options kKernel{ops::Backend::Kernel, ops::LinearBackend::OneDnn};
constexpr ops::Options kReference{ops::Backend::Reference, ops::LinearBackend::Torch};
INSTANTIATE_TEST_SUITE_P(Reference, Trajectory,
                         ::testing::Values(Case{"tiny_slab_swin", kReference}, Case{"slab_deit_t", kReference}),
                         [](const auto& info) { return info.param.model; });
INSTANTIATE_TEST_SUITE_P(Kernel, Trajectory,
                         ::testing::Values(Case{"tiny_slab_swin", kKernel}, Case{"slab_deit_t", kKernel}),
                         [](const auto& info) { return info.param.model; });

}  // namespace
}  // namespace slab
