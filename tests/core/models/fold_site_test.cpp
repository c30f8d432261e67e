// Folding every site keeps the logits: the sites name the right neighbours and directions.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/models/build_model.h"
#include "core/models/state_dict.h"
#include "core/nn/norms/prep_bn.h"
#include "hand_fold.h"
#include "tiny.h"

namespace slab {
namespace {

using testing::builtModels;
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
  const std::size_t sites = model->foldSites().size();
  const int folded = foldByHand(*model);
  const at::Tensor after = model->forward(images);
  EXPECT_LE((after - before).abs().max().item<double>(), 1e-10 * before.abs().max().item<double>());
  if (config.norm == NormKind::LayerNorm) {
    EXPECT_EQ(folded, 0);
    EXPECT_EQ(model->foldSites().size(), sites);
    return;
  }
  EXPECT_EQ(folded, static_cast<int>(sites));
  EXPECT_TRUE(model->foldSites().empty());
  for (const auto& item : stateDict(*model)) {
    EXPECT_EQ(item.key().find("norm"), std::string::npos) << item.key();
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryFold, ::testing::ValuesIn(builtModels()),
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
                            {"slab_deit_s", 25, 22954216}}) {
    auto model = buildModel(modelByName(e.name));
    EXPECT_EQ(model->foldSites().size(), e.norms) << e.name;
    foldByHand(*model);
    EXPECT_EQ(model->parameterCount(), e.deployed) << e.name;
  }
}

}  // namespace
}  // namespace slab
