#include "core/inspect/pretrained_backbone.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <filesystem>

#include "core/base/error.h"
#include "core/config/arch/detection.h"
#include "core/config/arch/registry.h"
#include "core/formats/safetensors.h"
#include "core/models/build_model.h"
#include "core/models/detection/swin_pyramid.h"
#include "core/train/tensor_files.h"

namespace slab::inspect {
namespace {

ModelConfig small(ModelConfig config) {
  config.embedDim = 16;
  config.patchSize = 4;
  config.depths = {1, 1, 1, 1};
  config.heads = {1, 2, 2, 2};
  config.classes = 5;
  return config;
}

ForeignWeights fileOf(const torch::nn::Module& model, const std::vector<std::string>& without = {}) {
  SafetensorsWriter writer;
  train::NamedTensors tensors, keep;
  for (const auto& item : stateDict(model)) {
    const bool left =
        std::any_of(without.begin(), without.end(), [&](const std::string& end) { return item.key().ends_with(end); });
    if (!left) tensors.emplace_back(item.key(), item.value());
  }
  train::addTensors(writer, tensors, keep);
  const std::string path = ::testing::TempDir() + "pretrained_backbone_test.safetensors";
  writer.save(path);
  ForeignWeights weights = ForeignWeights::open(path);
  std::filesystem::remove(path);
  return weights;
}

// A classifier for images of 112 whose counters say that the transition is over, with values that a fresh model lacks.
std::shared_ptr<Backbone> classifier(const std::string& name) {
  ModelConfig config = small(modelByName(name));
  config.imageSize = 224;
  auto model = buildModel(config);
  const torch::NoGradGuard noGrad;
  for (auto& parameter : model->parameters()) parameter.add_(at::randn_like(parameter));
  for (auto& item : model->named_buffers()) {
    if (item.key().ends_with("running_mean")) item.value().normal_();
  }
  model->setCounters({0, 0, 60000});
  return model;
}

TEST(PretrainedBackbone, TakesTheClassifiersValuesAndKeepsTheNormsOfItsOutputs) {
  torch::manual_seed(2);
  const auto source = classifier("slab_swin_t");
  SwinPyramid backbone(small(*findDetectionBackbone("det_backbone_slab_swin_t")));
  const auto fresh = backbone.named_parameters()["norm2.weight"].clone();
  const FittedWeights fitted = loadPretrained(backbone, fileOf(*source));
  std::size_t compared = 0;
  const StateDict theirs = stateDict(*source);
  for (const auto& item : stateDict(backbone)) {
    const at::Tensor* value = theirs.find(item.key());
    if (value == nullptr || isDerived(item.key())) continue;
    EXPECT_TRUE(at::equal(item.value(), *value)) << item.key();
    ++compared;
  }
  EXPECT_GT(compared, 100U);
  EXPECT_EQ(fitted.withFate(KeyFate::Missing).size(), 8U) << "weight and bias of four LayerNorms";
  EXPECT_TRUE(at::equal(backbone.named_parameters()["norm2.weight"], fresh));
  const auto unexpected = fitted.withFate(KeyFate::Unexpected);
  EXPECT_TRUE(std::find(unexpected.begin(), unexpected.end(), "head.weight") != unexpected.end());
  EXPECT_EQ(*largestCounters(backbone), (NormCounters{0, 0, 60000}));
  EXPECT_EQ(lambdaAt(*largestCounters(backbone)).lambda, 0.0);
}

TEST(PretrainedBackbone, WithoutCountersLambdaBeginsAtOneAndRepBnAloneIsDone) {
  torch::manual_seed(3);
  SwinPyramid backbone(small(*findDetectionBackbone("det_backbone_slab_swin_t")));
  const auto source = classifier("slab_swin_t");
  loadPretrained(backbone, fileOf(*source, {".warm", ".iter", ".total_step"}));
  EXPECT_EQ(lambdaAt(*largestCounters(backbone)).lambda, 1.0);
  SwinPyramid other(small(*findDetectionBackbone("det_backbone_prepbn_swin_t")));
  loadPretrained(other, fileOf(*classifier("swin_t_prepbn")));
  EXPECT_EQ(lambdaAt(*largestCounters(other)).lambda, 0.0);
}

TEST(PretrainedBackbone, ResizesTheTablesOfAnotherWindow) {
  torch::manual_seed(4);
  const auto source = classifier("swin_t_prepbn_linearnorm");
  ModelConfig config = small(*findDetectionBackbone("det_backbone_prepbn_swin_t"));
  config.window = 9;
  SwinPyramid backbone(config);
  const FittedWeights fitted = loadPretrained(backbone, fileOf(*source));
  EXPECT_EQ(fitted.withFate(KeyFate::Resized).size(), 4U) << "a table a block";
  const auto theirs = stateDict(*source)["layers.1.blocks.0.attn.relative_position_bias_table"];
  const auto expected = at::upsample_bicubic2d(theirs.t().reshape({1, 2, 13, 13}), {17, 17}, false);
  const auto own = stateDict(backbone)["layers.1.blocks.0.attn.relative_position_bias_table"];
  EXPECT_TRUE(at::allclose(own.t().reshape({1, 2, 17, 17}), expected));
}

TEST(PretrainedBackbone, IsReadFromTheFileThatTheConfigurationNames) {
  torch::manual_seed(6);
  const auto source = classifier("slab_swin_t");
  SafetensorsWriter writer;
  train::NamedTensors tensors, keep;
  for (const auto& item : stateDict(*source)) tensors.emplace_back(item.key(), item.value());
  train::addTensors(writer, tensors, keep);
  const std::string path = ::testing::TempDir() + "begin_backbone_test.safetensors";
  writer.save(path);
  RunConfig config;
  config.detector.pretrained = path;
  SwinPyramid backbone(small(*findDetectionBackbone("det_backbone_slab_swin_t")));
  beginBackbone(backbone, config);
  std::filesystem::remove(path);
  EXPECT_TRUE(at::equal(stateDict(backbone)["layers.0.blocks.0.attn.qkv.weight"],
                        stateDict(*source)["layers.0.blocks.0.attn.qkv.weight"]));
  EXPECT_EQ(largestCounters(backbone)->iter, 0);
  EXPECT_THROW(beginBackbone(backbone, config), Error) << "the file is gone";
}

TEST(PretrainedBackbone, RefusesAFileOfAnotherModelAndChangesNothing) {
  torch::manual_seed(5);
  SwinPyramid backbone(small(*findDetectionBackbone("det_backbone_slab_swin_t")));
  const auto before = backbone.named_parameters()["patch_embed.proj.weight"].clone();
  ModelConfig wide = small(modelByName("slab_swin_t"));
  wide.embedDim = 32;
  EXPECT_THROW(loadPretrained(backbone, fileOf(*buildModel(wide))), Error);
  ModelConfig deit = modelByName("deit_t_prepbn");
  deit.depths = {1};
  const auto stranger = buildModel(deit);
  EXPECT_THROW(loadPretrained(backbone, fileOf(*stranger)), Error);
  EXPECT_TRUE(at::equal(backbone.named_parameters()["patch_embed.proj.weight"], before));
}

}  // namespace
}  // namespace slab::inspect
