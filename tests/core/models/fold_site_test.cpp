// Folding every site keeps the logits: the sites name the right neighbours and directions.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <set>

#include "core/models/build_model.h"
#include "core/models/state_dict.h"
#include "core/nn/norms/prep_bn.h"
#include "hand_fold.h"
#include "support/long_tier.h"
#include "tiny.h"

namespace slab {
namespace {

using testing::foldByHand;
using testing::tinyConfig;

// Values with which every term of the algebra counts: biases, means and alphas away from 0 and 1.
void scramble(Backbone& model) {
  const torch::NoGradGuard noGrad;
  for (const auto& item : stateDict(model)) {
    at::Tensor value = item.value();
    if (!value.is_floating_point() || item.key().ends_with("attn_mask")) continue;
    if (item.key().ends_with("running_var")) {
      value.uniform_(0.5, 1.5);
    } else if (value.dim() <= 1) {
      value.uniform_(-0.5, 1.0);
    } else {
      value.normal_(0.0, 0.2);
    }
  }
}

std::size_t foldableSites(Backbone& model) {
  const auto sites = model.foldSites();
  return static_cast<std::size_t>(std::count_if(
      sites.begin(), sites.end(), [](const FoldSite& site) { return site.slot->norm()->evalAffine().has_value(); }));
}

class EveryFold : public ::testing::TestWithParam<RegistryEntry> {};

TEST_P(EveryFold, KeepsTheLogitsInDoubleAndLeavesNoFoldableNorm) {
  torch::manual_seed(9);
  auto model = buildModel(tinyConfig(GetParam()));
  model->to(at::kDouble);
  model->eval();
  scramble(*model);
  const auto& config = model->config();
  const at::Tensor images = at::randn({2, config.inChannels, config.imageSize, config.imageSize}, at::kDouble);
  const torch::NoGradGuard noGrad;
  const at::Tensor before = model->forward(images);
  const std::size_t sites = model->foldSites().size(), foldable = foldableSites(*model);
  const auto folded = static_cast<std::size_t>(foldByHand(*model));
  const at::Tensor after = model->forward(images);
  EXPECT_LE((after - before).abs().max().item<double>(), 1e-10 * before.abs().max().item<double>());
  if (config.norm == NormKind::LayerNorm) {
    EXPECT_EQ(foldable, 0U);
    EXPECT_EQ(model->foldSites().size(), sites);
    return;
  }
  EXPECT_EQ(folded, foldable);
  EXPECT_EQ(model->parameterCount(), modelCost(config).foldedParameters);
  EXPECT_EQ(model->foldSites().size(), sites - foldable);
  std::set<std::string> left;
  for (const auto& site : model->foldSites()) {
    EXPECT_EQ(config.family(), Family::PvtV2) << site.norm << " is all that does not fold of a model with PRepBN";
    EXPECT_TRUE(site.norm.ends_with(".attn.norm")) << site.norm;
    left.insert({site.norm + ".weight", site.norm + ".bias"});
  }
  for (const auto& item : stateDict(*model)) {
    EXPECT_EQ(item.key().find("norm") != std::string::npos, left.contains(item.key())) << item.key();
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryFold, ::testing::ValuesIn(registry()),
                         [](const auto& info) { return info.param.name; });

// Specification 3.2: layers with a norm, and parameters once all are folded (created biases included).
TEST(FoldSites, AreAsManyAsTheReferenceHasNormsAndDeployToItsParameterCounts) {
  struct Expected {
    const char* name;
    std::size_t norms;
    std::int64_t deployed;
  };
  for (const Expected& e : {Expected{"swin_t_prepbn", 29, 28264930},
                            {"swin_t_prepbn_linearnorm", 29, 28264930},
                            {"slab_swin_t", 29, 29168384},
                            {"slab_swin_s", 53, 50467856},
                            {"deit_t_prepbn", 25, 5707816},
                            {"slab_deit_t", 25, 6179176},
                            {"slab_deit_s", 25, 22954216},
                            {"pvt_t_prepbn", 26, 13214952},
                            {"slab_pvt_t", 20, 12137192},
                            {"pvt_s_prepbn", 49, 24459880},
                            {"slab_pvt_s", 36, 21646376},
                            {"pvt_m_prepbn", 85, 44159080},
                            {"slab_pvt_m", 60, 37199144},
                            {"pvt_l_prepbn", 124, 61299944},
                            {"slab_pvt_l", 86, 50589160},
                            {"pvt_v2_b0_prepbn", 24, 3660616},
                            {"slab_pvt_v2_b0", 24, 3587656},
                            {"pvt_v2_b1_prepbn", 24, 13996712},
                            {"slab_pvt_v2_b1", 24, 12916904},
                            {"pvt_v2_b2_prepbn", 40, 25342120},
                            {"slab_pvt_v2_b2", 40, 22523368},
                            {"pvt_v2_b3_prepbn", 64, 45202600},
                            {"slab_pvt_v2_b3", 64, 38229736},
                            {"pvt_v2_b4_prepbn", 90, 62506408},
                            {"slab_pvt_v2_b4", 90, 51775912},
                            {"pvt_v2_b5_prepbn", 112, 81890728},
                            {"slab_pvt_v2_b5", 112, 66980968},
                            {"slab_cswin_t", 55, 21175784},
                            {"slab_cswin_s", 85, 35409384}}) {
    if (!testing::isInTier(modelByName(e.name))) continue;
    auto model = buildModel(modelByName(e.name));
    EXPECT_EQ(foldableSites(*model), e.norms) << e.name;
    foldByHand(*model);
    EXPECT_EQ(model->parameterCount(), e.deployed) << e.name;
  }
}

}  // namespace
}  // namespace slab
