// The watched figures against sums written out by hand, and the watch itself on whole models.
#include "core/train/norm_watch.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "core/formats/support.h"
#include "core/models/build_model.h"
#include "core/nn/norms/prep_bn.h"
#include "core/ops/options.h"
#include "core/store/run_summary.h"
#include "core/train/run_recorder.h"
#include "tests/core/models/tiny.h"

namespace slab::train {
namespace {

/// Two channels, three tokens (0, 1), (2, 5), (4, 0): means 2 and 2, biased variances 8/3 and 14/3.
NormSample handSample() {
  NormSample sample;
  sample.tokens = {0, 1, 2, 5, 4, 0};
  sample.layerNormWeight = {1, 2};
  sample.layerNormBias = {0, 1};
  sample.gamma = {3, 1};
  sample.beta = {0, -1};
  sample.runningMean = {1, 2};
  sample.runningVar = {2, 7};
  sample.alpha = 0.5;
  sample.lambda = 0.25;
  return sample;
}

TEST(NormReading, ShareIsTheQuotientOfTheBranchesLengths) {
  // LN normalises each token of two channels to (-1, 1) or (1, -1): outputs (-1, 3), (-1, 3), (1, -1).
  const double layerNorm = std::sqrt(1 + 9 + 1 + 9 + 1 + 1);
  const double a = 3 / std::sqrt(8.0 / 3), b = 1 / std::sqrt(14.0 / 3);
  const double rows[3][2] = {{-2 * a + 0.0, -b - 1 + 0.5}, {1.0, 3 * b - 1 + 2.5}, {2 * a + 2, -2 * b - 1}};
  double squares = 0;
  for (const auto& row : rows) squares += row[0] * row[0] + row[1] * row[1];
  const double expected = 0.75 * std::sqrt(squares) / (0.25 * layerNorm + 0.75 * std::sqrt(squares));
  EXPECT_NEAR(readNorm(handSample()).repBnShare, expected, 1e-14);
}

TEST(NormReading, DistanceIsTheSymmetricDivergenceOfTheUnbiasedBatch) {
  // Unbiased variances 4 and 7 against 2 and 7; the means are 1 and 0 apart.
  const double first = (2 + 0.5 - 2 + 1 * (0.25 + 0.5)) / 4, second = 0;
  EXPECT_NEAR(*readNorm(handSample()).distance, (first + second) / 2, 1e-14);
}

TEST(NormReading, RunningVarianceAndAlphaAreTakenAsTheyAre) {
  const NormReading reading = readNorm(handSample());
  EXPECT_EQ(reading.alpha, 0.5);
  EXPECT_EQ(reading.runningVarMean, 4.5);
  EXPECT_EQ(reading.runningVarMin, 2);
  EXPECT_EQ(reading.runningVarMax, 7);
}

TEST(NormReading, TheWarmUpIsLayerNormAloneAndARepBnAloneIsAllRepBn) {
  NormSample sample = handSample();
  sample.isWarmup = true;
  EXPECT_EQ(readNorm(sample).repBnShare, 0);
  EXPECT_FALSE(readNorm(sample).distance.has_value());
  sample = handSample();
  sample.layerNormWeight.clear();
  EXPECT_EQ(readNorm(sample).repBnShare, 1);
  sample = handSample();
  sample.lambda = 0;
  EXPECT_EQ(readNorm(sample).repBnShare, 1);
}

NormReading healthy() {
  NormReading reading;
  reading.layer = "norm";
  reading.repBnShare = 0.5;
  reading.alpha = 1;
  reading.runningVarMean = reading.runningVarMin = reading.runningVarMax = 1;
  reading.distance = 0.1;
  return reading;
}

TEST(NormAlarms, AHealthyNormGivesNone) {
  NormAlarms alarms({0, 100});
  for (std::int64_t step = 0; step < 1000; step += 10) EXPECT_TRUE(alarms.update(step, {healthy()}).empty());
}

TEST(NormAlarms, ADistanceIsToldOnceAfterThreeWatchesInARow) {
  NormAlarms alarms({0, 100});
  NormReading far = healthy();
  far.distance = 2;
  EXPECT_TRUE(alarms.update(60, {far}).empty());
  EXPECT_TRUE(alarms.update(61, {healthy()}).empty());
  EXPECT_TRUE(alarms.update(62, {far}).empty());
  EXPECT_TRUE(alarms.update(63, {far}).empty());
  const auto told = alarms.update(64, {far});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told.front().layer, "norm");
  EXPECT_EQ(told.front().quantity, "distance");
  EXPECT_NE(told.front().message.find("norm"), std::string::npos);
  EXPECT_TRUE(alarms.update(65, {far}).empty()) << "it goes on, it does not begin";
}

TEST(NormAlarms, StatisticsHaveTimeToSettleAfterTheWarmUp) {
  NormAlarms alarms({200, 300});
  NormReading far = healthy();
  far.distance = 2;
  for (std::int64_t step = 0; step < 250; ++step) EXPECT_TRUE(alarms.update(step, {far}).empty()) << step;
  EXPECT_TRUE(alarms.update(250, {far}).empty());
  EXPECT_TRUE(alarms.update(251, {far}).empty());
  EXPECT_EQ(alarms.update(252, {far}).size(), 1U);
}

TEST(NormAlarms, CollapseExplosionAlphaAndNonFiniteFiguresAreNamed) {
  const auto quantityOf = [](auto change) {
    NormReading reading = healthy();
    change(reading);
    const auto told = NormAlarms({0, 100}).update(0, {reading});
    return told.size() == 1 ? told.front().quantity : std::to_string(told.size()) + " alarms";
  };
  EXPECT_EQ(quantityOf([](NormReading& r) { r.runningVarMean = 1e-7; }), "running_var_mean");
  EXPECT_EQ(quantityOf([](NormReading& r) { r.runningVarMean = 1e8; }), "running_var_mean");
  EXPECT_EQ(quantityOf([](NormReading& r) { r.alpha = -9; }), "alpha");
  EXPECT_EQ(quantityOf([](NormReading& r) { r.alpha = 9; }), "alpha");
  EXPECT_EQ(quantityOf([](NormReading& r) { r.distance = NAN; }), "");
  EXPECT_EQ(quantityOf([](NormReading& r) { r.runningVarMean = INFINITY; }), "");
}

/// Keeps what is told; the other calls are of no interest here.
class Listener final : public TrainObserver {
 public:
  void onState(RunState, const std::string&) override {}
  void onStep(const StepRecord&) override {}
  void onProgress(const Progress&) override {}
  void onNorms(std::int64_t step, const std::vector<NormReading>& told) override {
    steps.push_back(step);
    readings = told;
  }
  void onNormAlarm(std::int64_t, const NormAlarm&) override {}
  void onEvaluation(std::int64_t, const Evaluation&) override {}
  void onCheckpoint(std::int64_t, const std::string&) override {}
  void onMicroBatch(std::int64_t, std::int64_t) override {}
  void onPhase(const Phase&) override {}
  void onRecalibration(std::int64_t, const RecalibrationResult&) override {}
  void onNonFinite(const NonFiniteReport&) override {}

  std::vector<std::int64_t> steps;
  std::vector<NormReading> readings;
};

/// Passes on to the watch and keeps all tokens and statistics.
class Spy final : public nn::NormProbe {
 public:
  explicit Spy(NormWatch& watch) : watch_(watch) {}
  void observe(const nn::Norm& norm, const at::Tensor& tokens) override {
    const auto& bn = *dynamic_cast<const nn::PrepBn&>(norm).norm2->bn;
    seen[&norm] = {tokens.detach().to(at::kDouble).reshape({-1, tokens.size(-1)}), bn.runningMean.to(at::kDouble),
                   bn.runningVar.to(at::kDouble)};
    watch_.observe(norm, tokens);
  }
  std::map<const nn::Norm*, std::vector<at::Tensor>> seen;

 private:
  NormWatch& watch_;
};

class WatchedModel : public ::testing::Test {
 protected:
  std::shared_ptr<Backbone> build(const std::string& name) {
    torch::manual_seed(5);
    ModelConfig config = testing::tinyConfig(*findModel(name));
    config.dropPath = 0;
    auto model = buildModel(config);
    model->train();
    images_ = at::randn({2, config.inChannels, config.imageSize, config.imageSize});
    return model;
  }
  at::Tensor images_;

 private:
  ops::OptionsGuard pinned_{{ops::Backend::Auto, ops::LinearBackend::Torch}};
};

// ||LN(x)|| and ||RepBN(x)|| by LibTorch's own operations.
double shareByLibTorch(const nn::PrepBn& norm, const at::Tensor& x, double lambda) {
  const auto wide = [](const at::Tensor& t) { return t.detach().to(at::kDouble); };
  const at::Tensor layerNorm =
      at::layer_norm(x, {x.size(1)}, wide(norm.norm1->weight), wide(norm.norm1->bias), norm.norm1->eps());
  const at::Tensor batchNorm = at::batch_norm(x, wide(norm.norm2->bn->weight), wide(norm.norm2->bn->bias), {}, {},
                                              /*training=*/true, 0.1, nn::RepBn::kEps, /*cudnn_enabled=*/false);
  const double first = lambda * layerNorm.norm().item<double>();
  const double second = (1 - lambda) * (batchNorm + wide(norm.norm2->alpha) * x).norm().item<double>();
  return second / (first + second);
}

double distanceByLibTorch(const std::vector<at::Tensor>& seen) {
  const at::Tensor b = seen[0].var(0, /*unbiased=*/true) + nn::RepBn::kEps, r = seen[2] + nn::RepBn::kEps;
  const at::Tensor off = seen[0].mean(0) - seen[1];
  return ((b / r + r / b - 2 + off * off * (1 / b + 1 / r)) / 4).mean().item<double>();
}

TEST_F(WatchedModel, EveryNormsFiguresAreThoseOfTheWholeBatchInDouble) {
  const auto model = build("slab_deit_t");
  NormWatch watch(*model, 1, {0, 10});
  Listener listener;
  model->setLambda(0.4);
  watch.arm(3);
  Spy spy(watch);
  model->setNormProbe(&spy);
  model->forward(images_);
  watch.report(listener);
  ASSERT_FALSE(listener.readings.empty());
  const auto modules = model->named_modules();
  for (const NormReading& reading : listener.readings) {
    const auto& norm = dynamic_cast<const nn::PrepBn&>(*modules[reading.layer]);
    const auto& seen = spy.seen.at(&norm);
    ASSERT_LE(seen[0].size(0), NormWatch::kTokens) << "small enough for all tokens to be taken";
    EXPECT_NEAR(reading.repBnShare, shareByLibTorch(norm, seen[0], 0.4), 1e-9) << reading.layer;
    EXPECT_NEAR(*reading.distance, distanceByLibTorch(seen), 1e-9 * *reading.distance) << reading.layer;
    EXPECT_DOUBLE_EQ(reading.runningVarMean, 1) << "before the batch is taken in";
  }
  EXPECT_EQ(listener.readings.size(), spy.seen.size());
}

TEST_F(WatchedModel, NormsAreNamedAsModulesAndRepBnAloneIsWatchedToo) {
  for (const char* name : {"slab_deit_t", "swin_t_prepbn", "slab_pvt_t", "slab_cswin_t"}) {
    const auto model = build(name);
    NormWatch watch(*model, 1, {0, 10});
    Listener listener;
    model->setLambda(0.5);
    watch.arm(0);
    model->forward(images_);
    watch.report(listener);
    const auto modules = model->named_modules();
    ASSERT_FALSE(listener.readings.empty()) << name;
    for (const NormReading& reading : listener.readings) {
      EXPECT_TRUE(dynamic_cast<const nn::Norm*>(modules[reading.layer].get())) << reading.layer;
      for (const NormReading& other : listener.readings) {
        EXPECT_FALSE(reading.layer.starts_with(other.layer + ".")) << reading.layer << " is a part of " << other.layer;
      }
      if (std::string(name) == "swin_t_prepbn") EXPECT_EQ(reading.repBnShare, 1) << reading.layer;
    }
  }
}

TEST_F(WatchedModel, ALayerNormModelHasNothingToWatch) {
  const auto model = build("swin_t");
  NormWatch watch(*model, 1, {0, 10});
  Listener listener;
  watch.arm(0);
  model->forward(images_);
  watch.report(listener);
  EXPECT_TRUE(listener.steps.empty());
}

TEST_F(WatchedModel, OnlyDueStepsAndTheirFirstForwardAreWatched) {
  const auto watched = [&](bool takesTwoForwards) {
    const auto model = build("slab_swin_t");
    NormWatch watch(*model, 4, {0, 10});
    Listener listener;
    model->setLambda(0.5);
    for (std::int64_t step = 0; step < 9; ++step) {
      watch.arm(step);
      model->forward(images_);
      if (takesTwoForwards && step == 8) model->forward(images_ * 3);
      watch.report(listener);
    }
    EXPECT_EQ(listener.steps, (std::vector<std::int64_t>{0, 4, 8}));
    return *listener.readings.front().distance;
  };
  EXPECT_EQ(watched(true), watched(false));
}

TEST_F(WatchedModel, WatchingChangesNoBitOfOutputGradientsOrStatistics) {
  const auto run = [&](bool isWatched) {
    const auto model = build("slab_swin_t");
    NormWatch watch(*model, isWatched ? 1 : 0, {0, 10});
    Listener listener;
    model->setLambda(0.5);
    watch.arm(0);
    model->forward(images_).square().sum().backward();
    watch.report(listener);
    std::vector<at::Tensor> all;
    for (const auto& parameter : model->parameters()) {
      if (parameter.grad().defined()) all.push_back(parameter.grad());
    }
    for (const auto& buffer : model->buffers()) all.push_back(buffer);
    return all;
  };
  const auto plain = run(false), watched = run(true);
  ASSERT_EQ(plain.size(), watched.size());
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(at::equal(plain[i], watched[i])) << i;
}

TEST(NormAlarms, TheNewestIsPartOfTheRunsSummary) {
  const test::TemporaryDirectory folder;
  const RunDirectory run = RunDirectory::create(folder.file("run"));
  {
    RunWriter writer{RunLock(run, "")};
    RunRecorder recorder(writer, {}, {}, {});
    recorder.onNormAlarm(3, {"layers.0", "alpha", 7, 6, "alpha of layers.0 is 7"});
    recorder.onNormAlarm(9, {"layers.1", "distance", 2, 1, "batches of layers.1 drift"});
  }
  EXPECT_EQ(summarize(run).alarm, "batches of layers.1 drift");
  EXPECT_EQ(summarize(run).alarmStep, 9);
}

}  // namespace
}  // namespace slab::train
