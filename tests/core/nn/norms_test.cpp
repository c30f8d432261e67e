// LayerNorm, RepBN and PRepBN against the golden units, and what they promise to a fold.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/config/schedule.h"
#include "core/nn/norms/make_norm.h"
#include "core/nn/norms/prep_bn.h"
#include "core/ops/options.h"
#include "support/golden.h"

namespace slab::nn {
namespace {

using Tensors = std::map<std::string, at::Tensor>;

// Parameters and buffers by the names of units.tsv.
Tensors namedTensors(const torch::nn::Module& module) {
  Tensors tensors;
  for (const auto& item : module.named_parameters()) tensors[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) tensors[item.key()] = item.value();
  return tensors;
}

void copyInto(const at::Tensor& target, const at::Tensor& values) {
  const torch::NoGradGuard noGrad;
  at::Tensor(target).copy_(values);
}

std::shared_ptr<PrepBn> goldenNorm(const Tensors& unit, const ContextPtr& context) {
  auto norm = std::make_shared<PrepBn>(3, 1e-5, context);
  auto tensors = namedTensors(*norm);
  for (const auto& [name, values] : unit) {
    if (name.starts_with("init.")) copyInto(tensors.at(name.substr(5)), values);
  }
  return norm;
}

// The reference counts per call: warm = 1, step = 3.
constexpr LambdaSchedule kSchedule{1, 4};

void expectUnit(const Tensors& unit, const std::string& name, const at::Tensor& actual) {
  ASSERT_TRUE(unit.contains(name)) << name;
  EXPECT_TRUE(golden::unitAgrees(actual, unit.at(name))) << name;
}

class NormBackends : public ::testing::TestWithParam<ops::Backend> {
  ops::OptionsGuard guard_{{GetParam(), ops::LinearBackend::Torch}};
};

TEST_P(NormBackends, PrepBnFollowsTheReferenceCallByCall) {
  const Tensors unit = golden::unit("linearnorm");
  auto context = std::make_shared<Context>();
  auto norm = goldenNorm(unit, context);
  for (std::int64_t call = 0; call < 6; ++call) {
    const std::string prefix = "t" + std::to_string(call) + ".";
    context->lambda.lambda = kSchedule.at(call);
    context->lambda.layerNormOnly = kSchedule.isWarmup(call);
    norm->zero_grad();
    const at::Tensor x = unit.at(prefix + "x").clone().requires_grad_(true);
    const at::Tensor y = norm->forward(x);
    y.backward(unit.at(prefix + "dy"));
    expectUnit(unit, prefix + "y", y);
    expectUnit(unit, prefix + "dx", x.grad());
    for (const auto& item : norm->named_parameters()) {
      expectUnit(unit, prefix + "grad." + item.key(), item.value().grad());
    }
    const auto tensors = namedTensors(*norm);
    for (const char* name : {"norm2.bn.running_mean", "norm2.bn.running_var", "norm2.bn.num_batches_tracked"}) {
      expectUnit(unit, prefix + "buf." + name, tensors.at(name));
    }
    EXPECT_EQ(kSchedule.warmBuffer(call + 1), unit.at(prefix + "buf.warm").item<std::int64_t>());
    EXPECT_EQ(kSchedule.iterBuffer(call + 1), unit.at(prefix + "buf.iter").item<std::int64_t>());
    EXPECT_EQ(kSchedule.totalStepBuffer(), unit.at(prefix + "buf.total_step").item<std::int64_t>());
  }
  norm->eval();
  expectUnit(unit, "eval.y", norm->forward(unit.at("eval.x")));
}

TEST_P(NormBackends, RepBnStartsAsBatchNormPlusItsInput) {
  RepBn norm(5);
  torch::manual_seed(1);
  const at::Tensor x = at::randn({3, 7, 5}) * 2 + 1;
  const at::Tensor flat = x.view({-1, 5});
  const at::Tensor normalised = (flat - flat.mean(0)) / (flat.var(0, /*unbiased=*/false) + RepBn::kEps).sqrt();
  EXPECT_TRUE(at::allclose(norm.forward(x).reshape({-1, 5}), normalised + flat, 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(norm.bn->runningMean, 0.1 * flat.mean(0), 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(norm.bn->runningVar, 0.9 + 0.1 * flat.var(0, true), 1e-5, 1e-6));
  EXPECT_EQ(norm.bn->numBatchesTracked.item<std::int64_t>(), 1);
}

TEST_P(NormBackends, EvaluationEqualsTheAffineMapGivenToAFold) {
  auto context = std::make_shared<Context>();
  auto norm = goldenNorm(golden::unit("linearnorm"), context);
  torch::manual_seed(2);
  for (int call = 0; call < 3; ++call) norm->forward(at::randn({4, 6, 3}));
  norm->eval();
  const auto affine = norm->evalAffine();
  ASSERT_TRUE(affine);
  const at::Tensor x = at::randn({2, 4, 3});
  const at::Tensor expected = (x.to(at::kDouble) * affine->scale + affine->shift).to(at::kFloat);
  EXPECT_TRUE(at::allclose(norm->forward(x), expected, 1e-5, 1e-6));
}

TEST_P(NormBackends, EvaluationIsRepBnWhateverLambdaIsUnlessAnotherBranchIsAskedFor) {
  auto context = std::make_shared<Context>();
  auto norm = goldenNorm(golden::unit("linearnorm"), context);
  norm->eval();
  torch::manual_seed(3);
  const at::Tensor x = at::randn({2, 4, 3});
  const at::Tensor layerNorm = norm->norm1->forward(x), repBn = norm->norm2->forward(x);
  for (const double lambda : {1.0, 0.25, 0.0}) {
    context->lambda.lambda = lambda;
    context->lambda.evalBranch = EvalBranch::RepBn;
    EXPECT_TRUE(at::equal(norm->forward(x), repBn));
    context->lambda.evalBranch = EvalBranch::LayerNorm;
    EXPECT_TRUE(at::equal(norm->forward(x), layerNorm));
    context->lambda.evalBranch = EvalBranch::Mixture;
    EXPECT_TRUE(at::allclose(norm->forward(x), lambda * layerNorm + (1 - lambda) * repBn, 1e-6, 1e-6));
  }
}

TEST_P(NormBackends, FrozenStatisticsMixWithoutMoving) {
  auto context = std::make_shared<Context>();
  auto norm = goldenNorm(golden::unit("linearnorm"), context);
  norm->norm2->bn->eval();
  context->lambda.lambda = 0.5;
  const at::Tensor x = at::randn({2, 4, 3});
  const at::Tensor before = norm->norm2->bn->runningMean.clone();
  const at::Tensor expected = 0.5 * norm->norm1->forward(x) + 0.5 * norm->norm2->forward(x);
  EXPECT_TRUE(at::allclose(norm->forward(x), expected, 1e-6, 1e-6));
  EXPECT_TRUE(at::equal(norm->norm2->bn->runningMean, before));
}

INSTANTIATE_TEST_SUITE_P(Norms, NormBackends, ::testing::Values(ops::Backend::Reference, ops::Backend::Kernel),
                         [](const auto& info) { return std::string(ops::toString(info.param)); });

TEST(NormSlot, ClearedSlotPassesTokensThroughAndLeavesTheStateDict) {
  struct Owner : torch::nn::Module {
    NormSlot norm{*this, "norm", std::make_shared<LayerNorm>(4, 1e-5)};
  } owner;
  EXPECT_EQ(owner.named_parameters().size(), 2U);
  owner.norm.clear();
  EXPECT_TRUE(owner.norm.isEmpty());
  EXPECT_EQ(owner.named_parameters().size(), 0U);
  const at::Tensor x = at::randn({2, 3, 4});
  EXPECT_TRUE(owner.norm.forward(x).is_same(x));
}

TEST(NormFactory, MakesTheConfiguredKindAndOnlyLayerNormCannotBeFolded) {
  const NormFactory factory{NormKind::LayerNorm, 1e-6, std::make_shared<Context>()};
  for (const auto kind : {NormKind::LayerNorm, NormKind::RepBn, NormKind::PrepBn}) {
    NormFactory other = factory;
    other.kind = kind;
    const auto norm = other.make(8);
    EXPECT_EQ(norm->channels(), 8);
    EXPECT_EQ(norm->evalAffine().has_value(), kind != NormKind::LayerNorm);
  }
}

}  // namespace
}  // namespace slab::nn
