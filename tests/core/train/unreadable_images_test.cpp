// The score of a validation set of which some images can't be decoded.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <set>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/models/build_model.h"
#include "core/train/evaluate.h"
#include "tests/core/models/tiny.h"
#include "tests/core/train/rank_threads.h"

namespace slab::train {
namespace {

using testing::kRanks;
using testing::together;

/// Images in grey noise, drawn from their names; the names in `bad` can't be decoded.
class NamedImages final : public data::Dataset {
 public:
  NamedImages(std::vector<int> names, std::set<int> bad) : names_(std::move(names)), bad_(std::move(bad)) {}

  [[nodiscard]] std::int64_t size() const override { return static_cast<std::int64_t>(names_.size()); }
  [[nodiscard]] std::int64_t label(std::int64_t index) const override { return at(index) % 10; }
  [[nodiscard]] const std::vector<std::string>& classNames() const override { return classNames_; }
  [[nodiscard]] std::string nameOf(std::int64_t index) const override { return std::to_string(at(index)); }
  [[nodiscard]] Image image(std::int64_t index) const override {
    constexpr int kSize = 56;
    const int name = at(index);
    if (bad_.contains(name)) throw Error(ErrorKind::Data, nameOf(index) + " is damaged");
    Image image{kSize, kSize, 3, std::vector<std::uint8_t>(std::size_t{3} * kSize * kSize)};
    std::uint32_t state = static_cast<std::uint32_t>(name) + 1;
    for (auto& value : image.pixels) value = static_cast<std::uint8_t>((state = state * 1664525U + 1013904223U) >> 24U);
    return image;
  }
  [[nodiscard]] const std::vector<data::DatasetNotice>& notices() const override { return notices_; }

 private:
  [[nodiscard]] int at(std::int64_t index) const { return names_.at(static_cast<std::size_t>(index)); }

  std::vector<int> names_;
  std::set<int> bad_;
  std::vector<std::string> classNames_;
  std::vector<data::DatasetNotice> notices_;
};

class UnreadableImages : public ::testing::Test {
 protected:
  UnreadableImages() {
    config_ = testing::tinyConfig(*findModel("slab_swin_t"));
    config_.inChannels = 3;
    for (int i = 0; i < kRanks; ++i) {
      torch::manual_seed(3);
      models_.push_back(buildModel(config_));
    }
  }

  Evaluation score(const std::shared_ptr<const data::Dataset>& set, std::int64_t batch, Ranks* ranks = nullptr) {
    data::LoaderOptions options = data::loaderOptions({}, config_, *set, data::Split::Validation, batch, 0);
    if (ranks != nullptr) options.rank = ranks->rank(), options.ranks = kRanks;
    options.mean = {0.5};
    options.std = {0.25};
    data::Loader loader(set, options);
    return evaluate(*models_[static_cast<std::size_t>(options.rank)], loader, c10::kCPU, {}, ranks).value();
  }

  ModelConfig config_;
  std::vector<std::shared_ptr<Backbone>> models_;
};

TEST_F(UnreadableImages, AreLeftOutAndNoOtherCountsInTheirPlace) {
  const auto all = std::make_shared<NamedImages>(std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, std::set{3, 4, 9});
  const Evaluation expected =
      score(std::make_shared<NamedImages>(std::vector{0, 1, 2, 5, 6, 7, 8}, std::set<int>{}), 7);
  ASSERT_EQ(expected.images, 7);
  for (const std::int64_t batch : {1, 2, 5, 10}) {
    SCOPED_TRACE(batch);
    const Evaluation found = score(all, batch);
    EXPECT_EQ(found.images, 7);
    EXPECT_DOUBLE_EQ(found.top1, expected.top1);
    EXPECT_DOUBLE_EQ(found.top5, expected.top5);
    EXPECT_NEAR(found.loss, expected.loss, 1e-4);
  }
}

TEST_F(UnreadableImages, AreLeftOutBySeveralProcessesAsByOne) {
  const auto all = std::make_shared<NamedImages>(std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, std::set{3, 4, 9});
  const Evaluation expected = score(all, 2);
  together([&](Ranks& ranks) {
    const Evaluation found = score(all, 2, &ranks);
    EXPECT_EQ(found.images, 7);
    EXPECT_EQ(found.top1, expected.top1);
    EXPECT_EQ(found.loss, expected.loss);
  });
}

}  // namespace
}  // namespace slab::train
