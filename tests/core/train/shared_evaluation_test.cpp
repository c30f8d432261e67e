// A classifier evaluated by several processes, and by one.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/data/tensor_dataset.h"
#include "core/models/build_model.h"
#include "core/train/evaluate.h"
#include "core/train/evaluation_mode.h"
#include "tests/core/models/tiny.h"
#include "tests/core/train/rank_threads.h"

namespace slab::train {
namespace {

using testing::kRanks;
using testing::together;

constexpr std::int64_t kImages = 11, kBatch = 2;

class SharedEvaluation : public ::testing::Test {
 protected:
  SharedEvaluation() {
    const ModelConfig config = testing::tinyConfig(*findModel("slab_swin_t"));
    // A model a thread, all with the same weights, and one for the process that is alone.
    for (int i = 0; i <= kRanks; ++i) {
      torch::manual_seed(3);
      models_.push_back(buildModel(config));
      models_.back()->setLambda(0.4);
      averages_.push_back(buildModel(config));
      averages_.back()->eval();  // as Ema keeps it
    }
    images_ = at::randn({kImages, config.inChannels, config.imageSize, config.imageSize});
    const at::NoGradGuard noGrad;
    const EvaluationMode mode(*models_[0]);
    const at::Tensor order = models_[0]->forward(images_).argsort(1, /*descending=*/true);
    // The class of image i is the model's choice number i modulo 10.
    labels_ = order.gather(1, at::arange(kImages).remainder(config.classes).unsqueeze(1)).squeeze(1);
  }

  [[nodiscard]] std::unique_ptr<data::Loader> loader(std::int64_t count, int rank, int ranks) const {
    data::LoaderOptions options;
    options.batch = kBatch;
    options.rank = rank;
    options.ranks = ranks;
    options.dropLast = false;
    options.evaluation = true;
    options.imageSize = static_cast<int>(images_.size(2));
    options.channels = static_cast<int>(images_.size(1));
    std::shared_ptr<const data::Dataset> set =
        data::makeTensorDataset({images_.slice(0, 0, count), labels_.slice(0, 0, count), {}, "images", true, true});
    return std::make_unique<data::Loader>(std::move(set), options);
  }
  /// Of the first `count` images; rank kRanks is the process that is alone.
  [[nodiscard]] std::optional<Evaluation> evaluated(std::int64_t count, Ranks* ranks,
                                                    const OnEvaluated& goesOn = {}) const {
    const bool isAlone = ranks == nullptr;
    const auto i = static_cast<std::size_t>(isAlone ? kRanks : ranks->rank());
    const auto data = loader(count, isAlone ? 0 : ranks->rank(), isAlone ? 1 : kRanks);
    return evaluateTransition(*models_[i], *data, c10::kCPU, goesOn, averages_[i].get(), ranks);
  }

  std::vector<std::shared_ptr<Backbone>> models_, averages_;
  at::Tensor images_, labels_;
};

void expectSameBits(const Score& actual, const Score& expected, const char* form) {
  EXPECT_EQ(actual.top1, expected.top1) << form;
  EXPECT_EQ(actual.top5, expected.top5) << form;
  EXPECT_EQ(actual.loss, expected.loss) << form;
}

void expectSameBits(const Evaluation& actual, const Evaluation& expected) {
  EXPECT_EQ(actual.images, expected.images);
  expectSameBits(actual, expected, "RepBN");
  ASSERT_TRUE(actual.transition && actual.average);
  expectSameBits(actual.transition->mixture, expected.transition->mixture, "mixture");
  expectSameBits(actual.transition->layerNorm, expected.transition->layerNorm, "LayerNorm");
  expectSameBits(*actual.average, *expected.average, "average");
}

// Six batches, the last of one image, in two rounds; four, so that two processes have nothing in the second; one, so
// that two have nothing at all.
TEST_F(SharedEvaluation, EveryFormHasTheBitsOfOneProcessInEveryProcess) {
  for (const std::int64_t count : {kImages, std::int64_t{7}, std::int64_t{1}}) {
    SCOPED_TRACE(count);
    const Evaluation expected = evaluated(count, nullptr).value();
    ASSERT_TRUE(expected.transition && expected.average);
    EXPECT_EQ(expected.images, count);
    std::vector<Evaluation> found(kRanks);
    together([&](Ranks& ranks) { found[static_cast<std::size_t>(ranks.rank())] = evaluated(count, &ranks).value(); });
    for (const Evaluation& one : found) expectSameBits(one, expected);
  }
}

TEST_F(SharedEvaluation, CountsAreOfAllImages) {
  together([&](Ranks& ranks) {
    const Evaluation found = evaluated(kImages, &ranks).value();
    EXPECT_DOUBLE_EQ(found.top1, 100.0 * 2 / 11) << "images 0 and 10";
    EXPECT_DOUBLE_EQ(found.top5, 100.0 * 6 / 11) << "images 0 to 4 and 10";
  });
}

TEST_F(SharedEvaluation, AProcessTakesNoMoreThanItsShare) {
  together([&](Ranks& ranks) {
    const auto data = loader(7, ranks.rank(), kRanks);
    Backbone& model = *models_[static_cast<std::size_t>(ranks.rank())];
    std::vector<std::int64_t> told;
    const auto goesOn = [&](std::int64_t done, std::int64_t total) {
      EXPECT_EQ(total, 7);
      told.push_back(done);
      return true;
    };
    EXPECT_TRUE(evaluate(model, *data, c10::kCPU, goesOn, &ranks));
    EXPECT_EQ(told, (std::vector<std::int64_t>{6, 7})) << "two batches of four";
    const std::int64_t own = data->sizeOf(0) + data->sizeOf(1);
    EXPECT_EQ(own, ranks.isFirst() ? 3 : 2);
    EXPECT_EQ(data->sizeTogether(0), 6);
    EXPECT_EQ(data->sizeTogether(1), 1);
  });
}

TEST_F(SharedEvaluation, AStopEndsItAfterTheSameBatchInEveryProcess) {
  together([&](Ranks& ranks) {
    std::int64_t told = 0;
    const auto stop = [&](std::int64_t done, std::int64_t /*total*/) {
      told = done;
      return false;
    };
    EXPECT_FALSE(evaluated(kImages, &ranks, stop));
    EXPECT_EQ(told, kRanks * kBatch);
    EXPECT_TRUE(evaluated(kImages, &ranks)) << "and leaves nothing behind";
    EXPECT_TRUE(evaluated(1, &ranks, stop)) << "behind the last batch nothing is left to end";
  });
}

}  // namespace
}  // namespace slab::train
