// Every built model with golden logits reproduces them, on both backends, unfolded and folded.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include "core/config/arch/registry.h"
#include "core/models/build_model.h"
#include "core/models/state_dict.h"
#include "core/ops/options.h"
#include "hand_fold.h"
#include "support/golden.h"

namespace slab {
namespace {

constexpr double kTolerance = 1e-4;

bool isBuilt(const std::string& name) {
  const auto* entry = findModel(name);
  return entry && entry->built;
}

bool isLarge(const std::string& name) {
  return name.find("_b") != std::string::npos;
}

std::vector<golden::Logits> rows(bool large) {
  std::vector<golden::Logits> chosen;
  for (auto& row : golden::logitsRows()) {
    if (isBuilt(row.model) && isLarge(row.model) == large) chosen.push_back(row);
  }
  return chosen;
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
  expectLogits(*model, GetParam(), "auto backend");
  const bool hasFoldableNorms = model->config().norm != NormKind::LayerNorm;
  const std::size_t sites = model->foldSites().size();
  EXPECT_EQ(testing::foldByHand(*model), hasFoldableNorms ? static_cast<int>(sites) : 0);
  expectLogits(*model, GetParam(), "folded");
}

std::string nameOf(const ::testing::TestParamInfo<golden::Logits>& info) {
  return info.param.model;
}

INSTANTIATE_TEST_SUITE_P(Small, GoldenLogits, ::testing::ValuesIn(rows(false)), nameOf);
INSTANTIATE_TEST_SUITE_P(LongLarge, GoldenLogits, ::testing::ValuesIn(rows(true)), nameOf);

TEST(GoldenLogitsTable, CoversEveryFamilyAndKind) {
  std::set<std::string> names;
  for (const auto& row : rows(false)) names.insert(row.model);
  for (const char* name : {"swin_t", "swin_t_prepbn", "swin_t_prepbn_linearnorm", "slab_swin_t", "deit_t",
                           "deit_t_prepbn", "slab_deit_t", "slab_deit_s"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

}  // namespace
}  // namespace slab
