#include "core/train/ranks.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"
#include "tests/core/train/rank_threads.h"

namespace slab::train {
namespace {

using testing::kRanks;
using testing::together;

TEST(Ranks, AProcessAloneHasNone) {
  EXPECT_EQ(Ranks::join({}), nullptr);
}

TEST(Ranks, ExchangeValuesAndText) {
  together([](Ranks& ranks) {
    const double own = ranks.rank() + 1;
    const at::Tensor values = at::full({2, 3}, own);
    ranks.sum(values);
    EXPECT_EQ(values.min().item<double>(), 6);
    EXPECT_EQ(values.max().item<double>(), 6);

    const at::Tensor all = ranks.gather(at::full({2}, own, at::kDouble));
    EXPECT_EQ(all.sizes(), (std::vector<std::int64_t>{kRanks, 2}));
    for (int rank = 0; rank < kRanks; ++rank) EXPECT_EQ(all[rank][1].item<double>(), rank + 1);

    const at::Tensor count = at::full({1}, ranks.rank(), at::kLong), turned = at::full({3, 2}, own).t();
    ranks.broadcast({count, turned});
    EXPECT_EQ(count.item<std::int64_t>(), 0);
    EXPECT_EQ(turned.max().item<double>(), 1) << "a tensor that is not contiguous";

    EXPECT_EQ(ranks.broadcast(ranks.isFirst() ? "a longer text" : ""), "a longer text");
    EXPECT_EQ(ranks.broadcast(ranks.isFirst() ? "" : "text"), "");
  });
}

TEST(Ranks, CollectGivesTheFirstEveryProcesssBytes) {
  together([](Ranks& ranks) {
    // Zeros within, other lengths, and none at all.
    for (const std::size_t length : {std::size_t{0}, std::size_t{3}, std::size_t{1'000'001}}) {
      const auto bytesOf = [&](int rank) {
        return std::string(rank == 1 ? 0 : length + static_cast<std::size_t>(rank), static_cast<char>(rank));
      };
      const auto all = ranks.collect(bytesOf(ranks.rank()));
      if (!ranks.isFirst()) {
        EXPECT_TRUE(all.empty());
        continue;
      }
      ASSERT_EQ(all.size(), static_cast<std::size_t>(kRanks));
      for (int rank = 0; rank < kRanks; ++rank)
        EXPECT_TRUE(all[static_cast<std::size_t>(rank)] == bytesOf(rank)) << rank;
    }
  });
}

// The CUDA module is not loaded here.
TEST(Ranks, WithoutGpusOfTheirOwnTheyKeepToTheHost) {
  together([](Ranks& ranks) {
    EXPECT_FALSE(ranks.useGpu(c10::kCPU));
    EXPECT_FALSE(ranks.useGpu({c10::kCUDA, 0}));
    const at::Tensor values = at::ones({2});
    ranks.sum(values);
    EXPECT_EQ(values.sum().item<double>(), 2 * kRanks);
  });
}

TEST(Ranks, AverageIsTheMeanInEveryProcessWhateverShapesAndSizes) {
  together([](Ranks& ranks) {
    // More than one bucket, one that fits none, another type, and strides.
    std::vector<at::Tensor> tensors{at::full({3'000'000}, ranks.rank() + 1.0),
                                    at::full({7'000'000}, ranks.rank() + 1.0), at::full({5, 4}, ranks.rank() + 1.0).t(),
                                    at::full({2}, ranks.rank() + 1.0, at::kDouble), at::full({}, ranks.rank() + 1.0)};
    average(ranks, tensors);
    for (const at::Tensor& tensor : tensors) {
      EXPECT_EQ(tensor.min().item<double>(), 2);
      EXPECT_EQ(tensor.max().item<double>(), 2);
    }
    average(ranks, {});
  });
}

TEST(Ranks, AverageGivesEveryProcessTheSameBits) {
  together([](Ranks& ranks) {
    torch::Generator generator = at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(ranks.rank()));
    const at::Tensor values = at::randn({100'003}, generator);
    average(ranks, {values});
    requireSameBits(ranks, {{"values", values}}, "the test");
  });
}

TEST(Ranks, OtherBitsAreFoundWithProcessAndTensor) {
  together([](Ranks& ranks) {
    const at::Tensor same = at::ones({4}), other = at::ones({4});
    if (ranks.rank() == 2) other[3] = std::nextafter(1.0F, 2.0F);
    try {
      requireSameBits(ranks, {{"patch_embed.proj.weight", same}, {"head.bias", other}}, "step 7");
      ADD_FAILURE() << "nothing was found";
    } catch (const Error& error) {
      const std::string text = error.what();
      for (const char* word : {"process 2 of 3", "head.bias", "step 7"}) {
        EXPECT_NE(text.find(word), std::string::npos) << text;
      }
    }
  });
}

TEST(Ranks, TheEndOfAProcessIsToldToTheOthers) {
  together([](Ranks& ranks) {
    ranks.sum(at::ones({1}));
    if (ranks.rank() == 1) return;
    try {
      for (int i = 0; i < 10; ++i) ranks.sum(at::ones({1000}));
      ADD_FAILURE() << "the exchange went on";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Device);
      EXPECT_NE(std::string(error.what()).find("lost another process"), std::string::npos) << error.what();
    }
  });
}

}  // namespace
}  // namespace slab::train
