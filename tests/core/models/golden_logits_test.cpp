// Every model with golden logits reproduces them, on both backends, unfolded and folded. The numbers were
// made by running the published Python implementation (tests/data/golden/README.md).
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <set>

#include "core/config/arch/registry.h"
#include "core/models/build_model.h"
#include "core/models/state_dict.h"
#include "core/ops/options.h"
#include "hand_fold.h"
#include "support/golden.h"
#include "support/long_tier.h"

namespace slab {
namespace {

constexpr double kTolerance = 1e-4;

std::vector<golden::Logits> rowsOfTheTier() {
  std::vector<golden::Logits> rows = golden::logitsRows();
  std::erase_if(rows, [](const golden::Logits& row) { return !testing::isInTier(modelByName(row.model)); });
  return rows;
}

std::shared_ptr<Backbone> goldenModel(const std::string& name) {
  auto model = buildModel(modelByName(name));
  const LoadReport report = loadStateDict(*model, golden::weights(name));
  EXPECT_TRUE(report.isComplete()) << report.problems();
  model->eval();
  return model;
}

void expectLogits(Backbone& model, const golden::Logits& expected, const char* what) {
  const torch::NoGradGuard noGrad;
  const at::Tensor logits = model.forward(golden::image(golden::kLogitsImage, 3, 224));
  EXPECT_LE(golden::logitsError(logits, expected), kTolerance) << expected.model << ", " << what;
  EXPECT_EQ(logits.argmax().item<std::int64_t>(), expected.argmax) << expected.model << ", " << what;
}

class GoldenLogits : public ::testing::TestWithParam<golden::Logits> {};

TEST_P(GoldenLogits, MatchTheReferenceOnBothBackendsUnfoldedAndFolded) {
  auto model = goldenModel(GetParam().model);
  {
    const ops::OptionsGuard guard({ops::Backend::Reference, ops::LinearBackend::Torch});
    expectLogits(*model, GetParam(), "reference backend");
  }
  const ops::OptionsGuard guard({ops::Backend::Kernel, ops::LinearBackend::OneDnn});
  expectLogits(*model, GetParam(), "kernel backend");
  const auto sites = model->foldSites();
  const auto foldable = std::count_if(sites.begin(), sites.end(),
                                      [](const FoldSite& site) { return site.slot->norm()->evalAffine().has_value(); });
  EXPECT_EQ(foldable > 0, model->config().norm != NormKind::LayerNorm);
  EXPECT_EQ(testing::foldByHand(*model), foldable);
  expectLogits(*model, GetParam(), "folded");
}

std::string nameOf(const ::testing::TestParamInfo<golden::Logits>& info) {
  return info.param.model;
}

INSTANTIATE_TEST_SUITE_P(Registry, GoldenLogits, ::testing::ValuesIn(rowsOfTheTier()), nameOf);

TEST(GoldenLogitsTable, CoversEveryFamilyAndKind) {
  std::set<std::string> names;
  for (const auto& row : golden::logitsRows()) names.insert(row.model);
  for (const char* name : {"swin_t",
                           "swin_t_prepbn",
                           "swin_t_prepbn_linearnorm",
                           "slab_swin_t",
                           "deit_t",
                           "deit_t_prepbn",
                           "slab_deit_t",
                           "slab_deit_s",
                           "slab_swin_b",
                           "pvt_t",
                           "pvt_t_prepbn",
                           "slab_pvt_t",
                           "slab_pvt_s",
                           "pvt_m_prepbn",
                           "pvt_v2_b0",
                           "pvt_v2_b0_prepbn",
                           "slab_pvt_v2_b0",
                           "pvt_v2_b1_prepbn",
                           "slab_pvt_v2_b3",
                           "slab_pvt_v2_b5",
                           "flatten_swin_t",
                           "flatten_swin_b",
                           "cswin_t",
                           "slab_cswin_t",
                           "flatten_cswin_t"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

}  // namespace
}  // namespace slab
