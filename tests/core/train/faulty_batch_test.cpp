// Which batch is named where a loss or a gradient is not finite: of several that a step accumulates, and of several
// processes.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <memory>

#include "core/base/error.h"
#include "core/data/tensor_dataset.h"
#include "core/train/trainer.h"
#include "tests/core/train/rank_threads.h"

namespace slab::train {
namespace {

using testing::kRanks;
using testing::together;

constexpr std::int64_t kBatch = 2, kAccumulate = 2;
// What an image's pixels make of its loss.
constexpr float kFine = 0.5F, kInfiniteLoss = 2.0F, kInfiniteGradient = 3.0F;
constexpr float kHugeGradient = 4.0F;  // 2.25e38 in a step of two batches: one is finite, two are not

struct OneWeight : torch::nn::Module {
  OneWeight() { weight = register_parameter("weight", at::ones({1})); }
  at::Tensor weight;
};

class OneWeightTask final : public Task {
 public:
  [[nodiscard]] torch::nn::Module& module() override { return *model_; }
  [[nodiscard]] nn::Context& context() override { return context_; }
  PieceLoss loss(const data::Batch& batch, std::int64_t begin, std::int64_t end, std::uint64_t /*key*/) override {
    at::Tensor sum = at::zeros({1});
    for (std::int64_t i = begin; i < end; ++i) {
      const auto value = batch.images[i].mean().item<float>();
      const at::Tensor none = model_->weight - model_->weight.detach();
      if (value == kInfiniteLoss) {
        sum = sum + none.log();
      } else if (value == kInfiniteGradient) {
        sum = sum + none.sqrt();
      } else if (value == kHugeGradient) {
        sum = sum + none * 3e38 * 3;
      } else {
        sum = sum + model_->weight * value;
      }
    }
    return {sum.sum() / static_cast<double>(end - begin), {}};
  }
  [[nodiscard]] bool hasValidation() const override { return false; }
  std::optional<Evaluation> evaluate(const OnEvaluated& /*goesOn*/) override { return std::nullopt; }

 private:
  std::shared_ptr<OneWeight> model_ = std::make_shared<OneWeight>();
  nn::Context context_;
};

class Reports final : public TrainObserver {
 public:
  void onState(RunState /*state*/, const std::string& /*message*/) override {}
  void onStep(const StepRecord& /*record*/) override {}
  void onProgress(const Progress& /*progress*/) override {}
  void onNorms(std::int64_t /*step*/, const std::vector<NormReading>& /*readings*/) override {}
  void onNormAlarm(std::int64_t /*step*/, const NormAlarm& /*alarm*/) override {}
  void onEvaluation(std::int64_t /*step*/, const Evaluation& /*evaluation*/) override {}
  void onCheckpoint(std::int64_t /*step*/, const std::string& /*path*/) override {}
  void onMicroBatch(std::int64_t /*step*/, std::int64_t /*images*/) override {}
  void onPhase(const Phase& /*phase*/) override {}
  void onRecalibration(std::int64_t /*step*/, const RecalibrationResult& /*result*/) override {}
  void onNonFinite(const NonFiniteReport& report) override { reports.push_back(report); }

  std::vector<NonFiniteReport> reports;
};

struct Failure {
  std::vector<NonFiniteReport> reports;
  std::string message;
};

/// One step over `values`, an image each, of which process `rank` of `size` takes its batches.
Failure failureOf(const std::vector<float>& values, Ranks* ranks = nullptr) {
  const int rank = ranks == nullptr ? 0 : ranks->rank(), size = ranks == nullptr ? 1 : ranks->size();
  const auto count = static_cast<std::int64_t>(values.size());
  const at::Tensor images = at::tensor(values).view({count, 1, 1, 1}).expand({count, 1, 2, 2}).contiguous();
  RunConfig config;
  config.train.batch = kBatch;
  config.train.accumulate = kAccumulate;
  config.train.steps = 1;
  config.prepbn.watchEvery = Duration::steps(0);
  data::LoaderOptions options;
  options.batch = kBatch;
  options.accumulate = kAccumulate;
  options.rank = rank;
  options.ranks = size;
  options.imageSize = 2;
  options.channels = 1;
  options.workers = 1;
  data::Loader loader(
      data::makeTensorDataset({images, at::zeros({count}, at::kLong), {}, "values", /*normalised=*/true, true}),
      options);
  const Plan plan = makePlan(config, count, size);
  OneWeightTask task;
  const NamedTensors parameters{{"weight", task.module().parameters()[0]}};
  AdamW optimizer({ParameterGroup{parameters, 0.0}}, AdamWOptions{});
  CommandQueue commands;
  Reports observer;
  Trainer trainer({.config = config,
                   .plan = plan,
                   .task = task,
                   .optimizer = optimizer,
                   .data = loader,
                   .commands = commands,
                   .observer = observer,
                   .recalibrationData = {},
                   .ranks = ranks,
                   .metadata = {}});
  Failure failure;
  try {
    trainer.run();
  } catch (const Error& error) {
    failure.message = error.what();
  }
  failure.reports = observer.reports;
  return failure;
}

std::vector<std::int64_t> samplesOf(const NonFiniteReport& report) {
  std::vector<std::int64_t> indices;
  for (const auto& sample : report.samples) indices.push_back(sample.index);
  return indices;
}

using Numbers = std::vector<std::int64_t>;

TEST(FaultyBatch, OfAStepsBatchesTheOneWithTheInfiniteGradientIsNamed) {
  const auto failure = failureOf({kFine, kInfiniteGradient, kFine, kFine});
  ASSERT_EQ(failure.reports.size(), 1U) << failure.message;
  const auto& report = failure.reports[0];
  EXPECT_EQ(samplesOf(report), (Numbers{0, 1}));
  EXPECT_EQ(report.batch, 0);
  EXPECT_EQ(report.place.cause, NonFiniteCause::Gradient);
  EXPECT_EQ(report.place.tensor, "weight");
  EXPECT_FALSE(report.process);
  EXPECT_NE(failure.message.find("the gradient norm is not finite at step 0"), std::string::npos) << failure.message;
}

TEST(FaultyBatch, WhereNoneByItselfIsAtFaultAllAreNamed) {
  const auto failure = failureOf({kHugeGradient, kFine, kHugeGradient, kFine});
  ASSERT_EQ(failure.reports.size(), 1U) << failure.message;
  EXPECT_EQ(samplesOf(failure.reports[0]), (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(failure.reports[0].place.cause, NonFiniteCause::Gradient);
}

// Batches 0 to 5 go to processes 0, 1, 2, 0, 1, 2.
std::vector<float> twelve(std::size_t place, float value) {
  std::vector<float> values(12, kFine);
  values[place] = value;
  return values;
}

TEST(FaultyBatch, OfAnotherProcessIsNamedByTheFirst) {
  for (const float value : {kInfiniteLoss, kInfiniteGradient}) {
    for (const std::size_t place : {std::size_t{3}, std::size_t{9}}) {  // the first and the second batch of process 1
      SCOPED_TRACE(std::to_string(value) + " in image " + std::to_string(place));
      std::vector<Failure> failures(kRanks);
      together([&](Ranks& ranks) {
        failures[static_cast<std::size_t>(ranks.rank())] = failureOf(twelve(place, value), &ranks);
      });
      for (const Failure& failure : failures) {
        ASSERT_EQ(failure.reports.size(), 1U) << failure.message;
        const auto& report = failure.reports[0];
        EXPECT_EQ(report.process, 1);
        EXPECT_EQ(samplesOf(report), place == 3 ? (Numbers{2, 3}) : (Numbers{8, 9}));
        EXPECT_EQ(report.batch, place == 3 ? 0 : 1) << "of its own";
      }
      EXPECT_TRUE(failures[0].message.starts_with("process 1: the ")) << failures[0].message;
      EXPECT_TRUE(failures[1].message.starts_with("the ")) << failures[1].message;
    }
  }
}

TEST(FaultyBatch, AReportReadsBackWithTheSameBits) {
  NonFiniteReport report;
  report.place = {NonFiniteCause::Gradient, "layers.0", "weight", {1, 5}};
  report.step = 7, report.batch = 15;
  report.epoch = 0.1, report.loss = std::numeric_limits<double>::quiet_NaN();
  report.gradNorm = -std::numeric_limits<double>::infinity(), report.learningRate = 1.0 / 3, report.lambda = 0.7;
  report.samples = {{4, "a.png"}, {2, "b.png"}};
  report.process = 2;
  const auto again = nonFiniteReportOf(toText(report));
  EXPECT_EQ(toText(again), toText(report));
  EXPECT_TRUE(std::isnan(again.loss));
  EXPECT_EQ(again.learningRate, report.learningRate);
  EXPECT_EQ(again.place.channels, report.place.channels);
  EXPECT_EQ(samplesOf(again), (Numbers{4, 2}));
  EXPECT_FALSE(again.finiteUntil);
  EXPECT_EQ(again.process, 2);
}

}  // namespace
}  // namespace slab::train
