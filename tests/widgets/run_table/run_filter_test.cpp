#include "widgets/run_table/run_filter.h"

#include <gtest/gtest.h>

namespace slab {
namespace {

RunRow sample() {
  RunRow row;
  row.name = "slab_swin_tiny28-0007";
  row.state = RunState::Done;
  row.top1 = 86.6;
  row.loss = 0.68;
  row.step = 3412;
  row.config = {{"model.norm", "prep_bn"}, {"model.attention", "LLSS"}, {"optim.lr", "0.002"}, {"train.batch", "128"}};
  return row;
}

struct Case {
  const char* text;
  bool matches;
};

class Filter : public testing::TestWithParam<Case> {};

TEST_P(Filter, SelectsAsItReads) {
  const RunFilter filter(GetParam().text);
  EXPECT_EQ(filter.error().toStdString(), "") << GetParam().text;
  EXPECT_EQ(filter.matches(sample()), GetParam().matches) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Language, Filter,
    testing::Values(Case{"", true}, Case{"norm = prepbn and top1 > 0.8", true}, Case{"norm = prepbn & top1>0.9", false},
                    Case{"top1 > 80", true}, Case{"top1 >= 87 %", false}, Case{"model.norm == PREP_BN", true},
                    Case{"norm = layer_norm or loss < 0.7", true}, Case{"norm = layer_norm or loss < 0.5", false},
                    Case{"not norm = prep_bn", false}, Case{"not (norm = layer_norm)", true},
                    Case{"attention ~ ss", true}, Case{"lr = 2e-3", true}, Case{"batch != 128", false},
                    Case{"state = done", true}, Case{"swin tiny", true}, Case{"deit", false},
                    Case{"state = done norm = layer_norm or swin", true},
                    Case{"(state = running or state = done) and step > 3000", true}, Case{"nosuchkey = 1", false},
                    Case{"nosuchkey != 1", true}, Case{"name ~ \"tiny28-0007\"", true}));

TEST(DetectorFilter, AnApIsNoTop1) {
  RunRow row = sample();
  row.config["data.type"] = "coco";
  row.top1 = 31.4, row.bestTop1 = 32;
  EXPECT_TRUE(RunFilter("mask_ap > 0.3").matches(row));
  EXPECT_TRUE(RunFilter("best_mask_ap > 31.5").matches(row));
  EXPECT_FALSE(RunFilter("top1 > 0.3").matches(row));
  EXPECT_FALSE(RunFilter("mask_ap > 0.3").matches(sample()));
}

TEST(FilterErrors, AreSaidAndHideNothing) {
  for (const char* text : {"norm =", "(top1 > 1", "= 3", "top1 > > 2", "and"}) {
    const RunFilter filter(text);
    EXPECT_FALSE(filter.error().isEmpty()) << text;
    EXPECT_TRUE(filter.matches(sample())) << text;
  }
}

TEST(FilterErrors, NeverHangOrThrowOnNoise) {
  const QString letters = "a=<>()!&|~\" andornot09.%_-";
  for (unsigned seed = 0; seed < 3000; ++seed) {
    QString text;
    unsigned x = seed * 2654435761U + 1;
    for (int i = 0; i < 24; ++i) {
      x = x * 1664525U + 1013904223U;
      text += letters[static_cast<qsizetype>((x >> 16) % static_cast<unsigned>(letters.size()))];
    }
    const RunFilter filter(text);
    (void)filter.matches(sample());
  }
}

}  // namespace
}  // namespace slab
