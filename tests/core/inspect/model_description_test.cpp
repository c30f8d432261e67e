// The tree of a built model, counted in a forward, against the configuration's own account of the cost.
#include "core/inspect/model_description.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/config/cost.h"
#include "core/inspect/fold.h"
#include "core/models/build_model.h"
#include "tests/core/models/tiny.h"

namespace slab::inspect {
namespace {

class EveryDescription : public ::testing::TestWithParam<RegistryEntry> {
 protected:
  std::shared_ptr<Backbone> model = buildModel(testing::tinyConfig(GetParam()));
};

TEST_P(EveryDescription, SumsToTheAnalyticCostBeforeAndAfterFolding) {
  const ModelCost cost = modelCost(model->config());
  const auto unfolded = describeModel(*model);
  EXPECT_EQ(unfolded.macs, cost.macs);
  EXPECT_EQ(unfolded.parameters, cost.parameters);
  EXPECT_EQ(unfolded.trainable, cost.parameters);
  EXPECT_GT(unfolded.normalised, 0);
  EXPECT_TRUE(model->is_training());
  foldNorms(*model);
  const auto folded = describeModel(*model);
  EXPECT_EQ(folded.macs, cost.macs);
  EXPECT_EQ(folded.parameters, cost.foldedParameters);
  EXPECT_LE(folded.normalised,
            model->config().norm == NormKind::LayerNorm ? unfolded.normalised : unfolded.normalised - 1);
}

TEST_P(EveryDescription, ModulesSumToThoseAroundThem) {
  const auto tree = describeModel(*model);
  std::int64_t macs = 0, normalised = 0;
  for (std::size_t i = 0; i < tree.modules.size(); ++i) {
    const auto& parent = tree.modules[i];
    if (parent.depth == 0) {
      macs += parent.macs;
      normalised += parent.normalised;
    }
    std::int64_t inner = 0, parameters = 0;
    for (std::size_t j = i + 1; j < tree.modules.size() && tree.modules[j].depth > parent.depth; ++j) {
      if (tree.modules[j].depth != parent.depth + 1) continue;
      inner += tree.modules[j].macs;
      parameters += tree.modules[j].parameters;
    }
    EXPECT_LE(inner, parent.macs) << parent.path;
    EXPECT_LE(parameters, parent.parameters) << parent.path;
  }
  EXPECT_EQ(macs, tree.macs);
  EXPECT_EQ(normalised, tree.normalised);
}

TEST_P(EveryDescription, AgreesWithTheAnalyticRowsOfTheSameModules) {
  const auto tree = describeModel(*model);
  int shared = 0;
  for (const auto& row : modelTree(model->config())) {
    // Below a block the analytic rows divide the work otherwise (a convolution beside its MLP, not in it).
    const auto* module = tree.find(row.path);
    if (module == nullptr || row.depth > 1) continue;
    ++shared;
    EXPECT_EQ(module->macs, row.macs) << row.path;
  }
  EXPECT_GT(shared, 3);
}

TEST_P(EveryDescription, EveryLeafThatRanHasItsShapes) {
  const auto tree = describeModel(*model);
  for (std::size_t i = 0; i < tree.modules.size(); ++i) {
    const auto& module = tree.modules[i];
    const bool isLeaf = i + 1 == tree.modules.size() || tree.modules[i + 1].depth <= module.depth;
    if (!isLeaf || (module.macs == 0 && module.normalised == 0)) continue;
    EXPECT_FALSE(module.input.empty()) << module.path;
    EXPECT_FALSE(module.output.empty()) << module.path;
    EXPECT_FALSE(module.kind.empty()) << module.path;
  }
  EXPECT_EQ(tree.find("head")->output, (std::vector<std::int64_t>{1, model->config().classes}));
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryDescription, ::testing::ValuesIn(registry()),
                         [](const auto& info) { return info.param.name; });

TEST(ModelDescription, NamesShapesAndKindsOfSlabSwin) {
  const auto model = buildModel(findModel("slab_swin_t")->config);
  const auto tree = describeModel(*model);
  const auto* qkv = tree.find("layers.0.blocks.1.attn.qkv");
  ASSERT_NE(qkv, nullptr);
  EXPECT_EQ(qkv->kind, "linear");
  EXPECT_EQ(qkv->input, (std::vector<std::int64_t>{1, 3136, 96}));
  EXPECT_EQ(qkv->output, (std::vector<std::int64_t>{1, 3136, 288}));
  EXPECT_EQ(qkv->macs, 3136 * 96 * 288);
  EXPECT_EQ(tree.find("layers.2.blocks.0.norm1")->kind, "PRepBN");
  EXPECT_EQ(tree.find("layers.2.blocks.0.norm1")->input, (std::vector<std::int64_t>{1, 196, 384}));
  EXPECT_EQ(tree.find("layers.0.blocks.0.attn.dwc")->kind, "depthwise conv 5x5");
  EXPECT_EQ(tree.find("patch_embed.proj")->kind, "conv 4x4, stride 4");
  EXPECT_EQ(tree.find("layers.0.blocks.0")->kind, "SwinBlock");
}

}  // namespace
}  // namespace slab::inspect
