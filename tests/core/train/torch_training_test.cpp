// Norms, loss and optimizer against PyTorch's own (tests/oracles/make_training.py).
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/nn/norms/layer_norm.h"
#include "core/nn/norms/rep_bn.h"
#include "core/ops/options.h"
#include "core/train/adamw.h"
#include "core/train/loss.h"
#include "core/train/tensor_files.h"

namespace slab::train {
namespace {

class Oracle {
 public:
  explicit Oracle(const std::string& name)
      : tensors_(readTensors(std::string(SLAB_TEST_DATA) + "/oracles/training/" + name + ".safetensors")) {}
  [[nodiscard]] at::Tensor operator[](const std::string& name) const { return tensors_[name]; }
  [[nodiscard]] bool has(const std::string& name) const { return tensors_.contains(name); }

 private:
  StateDict tensors_;
};

void expectNear(const at::Tensor& actual, const at::Tensor& expected, double relative, const std::string& what) {
  ASSERT_TRUE(actual.defined()) << what;
  ASSERT_EQ(actual.numel(), expected.numel()) << what;
  const at::Tensor wide = expected.to(at::kDouble).flatten();
  const double error = (actual.detach().to(at::kDouble).flatten() - wide).abs().max().item<double>();
  EXPECT_LE(error, relative * wide.abs().max().item<double>() + 1e-7) << what;
}

void assign(const at::Tensor& target, const at::Tensor& values) {
  const at::NoGradGuard noGrad;
  at::Tensor(target).copy_(values.reshape(target.sizes()));
}

constexpr double kUnit = 2e-5;

class TorchNorms : public ::testing::TestWithParam<std::tuple<ops::Backend, std::string>> {
 protected:
  [[nodiscard]] std::string name(const std::string& key) const { return std::get<1>(GetParam()) + "." + key; }
  void expect(const at::Tensor& actual, const std::string& key) const {
    expectNear(actual, oracle_[name(key)], kUnit, name(key));
  }

  const Oracle oracle_{"norms"};
  const at::Tensor x_ = oracle_[name("x")].clone().requires_grad_(true);
  const ops::OptionsGuard guard_{{std::get<0>(GetParam()), ops::LinearBackend::Torch}};
};

TEST_P(TorchNorms, LayerNormAgreesWithItsGradients) {
  nn::LayerNorm norm(x_.size(-1), 1e-5);
  assign(norm.weight, oracle_[name("weight")]);
  assign(norm.bias, oracle_[name("bias")]);
  const at::Tensor y = norm.forward(x_);
  y.backward(oracle_[name("dy")]);
  expect(y, "layer_norm.y");
  expect(x_.grad(), "layer_norm.dx");
  expect(norm.weight.grad(), "layer_norm.dweight");
  expect(norm.bias.grad(), "layer_norm.dbias");
}

TEST_P(TorchNorms, RepBnIsBatchNormPlusAlphaX) {
  nn::RepBn norm(x_.size(-1));
  assign(norm.bn->weight, oracle_[name("weight")]);
  assign(norm.bn->bias, oracle_[name("bias")]);
  assign(norm.alpha, oracle_[name("alpha")]);
  const at::Tensor y = norm.forward(x_);
  y.backward(oracle_[name("dy")]);
  expect(y, "rep_bn.y");
  expect(x_.grad(), "rep_bn.dx");
  expect(norm.bn->weight.grad(), "rep_bn.dweight");
  expect(norm.bn->bias.grad(), "rep_bn.dbias");
  expect(norm.alpha.grad(), "rep_bn.dalpha");
  expect(norm.bn->runningMean, "rep_bn.mean");
  expect(norm.bn->runningVar, "rep_bn.var");
}

INSTANTIATE_TEST_SUITE_P(Shapes, TorchNorms,
                         ::testing::Combine(::testing::Values(ops::Backend::Kernel, ops::Backend::Reference),
                                            ::testing::Values("small", "wide", "one_token")),
                         [](const auto& info) {
                           const bool isKernel = std::get<0>(info.param) == ops::Backend::Kernel;
                           return std::get<1>(info.param) + (isKernel ? "_kernel" : "_reference");
                         });

TEST(TorchLoss, LabelSmoothingAgreesWithItsGradient) {
  const Oracle oracle("loss");
  for (const auto& [smoothing, word] : {std::pair(0.0, "0.0"), {0.1, "0.1"}, {0.3, "0.3"}}) {
    const at::Tensor logits = oracle["logits"].clone().requires_grad_(true);
    const at::Tensor loss = labelSmoothedCrossEntropy(logits, oracle["labels"], smoothing);
    loss.backward();
    expectNear(loss, oracle[std::string(word) + ".loss"], 1e-6, word);
    expectNear(logits.grad(), oracle[std::string(word) + ".dlogits"], 1e-5, word);
  }
}

TEST(TorchAdamW, TakesTheSameTenStepsAndKeepsTheSameState) {
  const Oracle oracle("adamw");
  const NamedTensors parameters{{"weight", oracle["0.weight"].clone().requires_grad_(true)},
                                {"bias", oracle["0.bias"].clone().requires_grad_(true)}};
  AdamW optimizer({{{parameters[0]}, 0.05}, {{parameters[1]}, 0.0}}, {0.9, 0.99, 1e-8});
  int rests = 0;
  for (int step = 1; step <= 10; ++step) {
    const std::string at = std::to_string(step) + ".";
    optimizer.zeroGrad();
    for (const auto& [name, parameter] : parameters) {
      const std::string gradient = at + "grad." + name;
      rests += oracle.has(gradient) ? 0 : 1;
      if (oracle.has(gradient)) parameter.mutable_grad() = oracle[gradient].clone();
    }
    optimizer.step(0.02 / step);
    for (const auto& [name, parameter] : parameters) expectNear(parameter, oracle[at + name], 1e-6, at + name);
  }
  EXPECT_EQ(rests, 3) << "some steps have no gradient of the bias";
  for (const auto& [name, tensor] : optimizer.state()) {
    const std::string key = name.substr(0, name.find('/')) + "." + name.substr(name.find('/') + 1);
    expectNear(tensor, oracle["state." + key], 1e-6, name);
  }
}

}  // namespace
}  // namespace slab::train
