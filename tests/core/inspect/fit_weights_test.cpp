#include "core/inspect/fit_weights.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>

#include "core/config/arch/registry.h"
#include "core/formats/safetensors.h"
#include "core/models/build_model.h"
#include "core/train/tensor_files.h"

namespace slab::inspect {
namespace {

ModelConfig smallSwin(const std::string& name) {
  ModelConfig config = modelByName(name);
  config.embedDim = 16;
  config.imageSize = 56;
  config.patchSize = 2;
  config.depths = {2, 1};
  config.heads = {1, 2};
  config.classes = 5;
  config.attention = name.starts_with("slab") ? "LS" : "SS";
  config.window = name.starts_with("slab") ? 14 : 7;
  return config;
}

// The model's tensors, some replaced, as a file that fitWeights reads.
class FitWeights : public ::testing::Test {
 protected:
  FittedWeights fit(const Backbone& model, const std::map<std::string, at::Tensor>& replaced) {
    SafetensorsWriter writer;
    train::NamedTensors tensors, keep;
    for (const auto& item : stateDict(model)) {
      const auto found = replaced.find(item.key());
      tensors.emplace_back(item.key(), found == replaced.end() ? item.value() : found->second);
    }
    train::addTensors(writer, tensors, keep);
    const std::string path = ::testing::TempDir() + "fit_weights_test.safetensors";
    writer.save(path);
    FittedWeights fitted = fitWeights(model, ForeignWeights::open(path));
    std::filesystem::remove(path);
    return fitted;
  }
};

// Rows differ, columns do not: a table read in the wrong order would mix them.
at::Tensor rowsOnly(std::int64_t side) {
  return at::linspace(-1, 1, side).view({side, 1}).expand({side, side});
}

void expectRowsOnly(const at::Tensor& map) {
  EXPECT_LE((map - map.select(1, 0).unsqueeze(1)).abs().max().item<double>(), 1e-5);
  const at::Tensor steps = map.slice(0, 1) - map.slice(0, 0, -1);
  EXPECT_GT(steps.min().item<double>(), 0.0);
}

TEST_F(FitWeights, ATableOfOffsetsKeepsItsDirectionsAndHeads) {
  const auto model = buildModel(smallSwin("swin_t"));
  const std::string key = "layers.1.blocks.0.attn.relative_position_bias_table";
  const at::Tensor table = at::stack({rowsOnly(9).reshape({-1}), 2 + rowsOnly(9).t().reshape({-1})}, 1);
  const auto fitted = fit(*model, {{key, table}});
  EXPECT_EQ(fitted.withFate(KeyFate::Resized), std::vector<std::string>{key});
  const at::Tensor value = fitted.values[key];
  ASSERT_EQ(value.sizes(), (at::IntArrayRef{169, 2}));
  expectRowsOnly(value.select(1, 0).view({13, 13}));
  expectRowsOnly(value.select(1, 1).view({13, 13}).t() - 2);
}

TEST_F(FitWeights, APositionalEncodingIsResizedOnItsGrid) {
  const auto model = buildModel(smallSwin("slab_swin_t"));
  const std::string key = "layers.0.blocks.1.attn.positional_encoding";
  const at::Tensor channel = rowsOnly(7).reshape({1, 49, 1});
  const auto fitted = fit(*model, {{key, at::cat({channel, -channel}, 2).repeat({1, 1, 8})}});
  ASSERT_EQ(fitted.withFate(KeyFate::Resized), std::vector<std::string>{key});
  const at::Tensor value = fitted.values[key];
  ASSERT_EQ(value.sizes(), (at::IntArrayRef{1, 196, 16}));
  expectRowsOnly(value.select(2, 0).view({14, 14}));
  expectRowsOnly(-value.select(2, 5).view({14, 14}));
}

TEST_F(FitWeights, WhatIsNoSquareOrHasOtherChannelsIsNotResized) {
  const auto model = buildModel(smallSwin("slab_swin_t"));
  const std::string key = "layers.0.blocks.0.attn.positional_encoding";
  for (const auto& shape : std::vector<std::vector<std::int64_t>>{{1, 48, 16}, {1, 49, 8}, {2, 49, 16}, {49, 16}}) {
    const auto fitted = fit(*model, {{key, at::zeros(shape)}});
    EXPECT_EQ(fitted.withFate(KeyFate::Misshapen), std::vector<std::string>{key});
  }
}

TEST_F(FitWeights, OtherNumberTypesAreConvertedAndSaid) {
  const auto model = buildModel(smallSwin("slab_swin_t"));
  const auto fitted = fit(*model, {{"head.bias", at::ones({5}, at::kHalf)}});
  const auto row = std::ranges::find_if(fitted.keys, [](const auto& key) { return key.key == "head.bias"; });
  ASSERT_NE(row, fitted.keys.end());
  EXPECT_EQ(row->fate, KeyFate::Matched);
  EXPECT_EQ(row->note, "F16 to F32");
}

TEST_F(FitWeights, IndicesAndMasksComeFromTheConfiguration) {
  const auto model = buildModel(smallSwin("swin_t"));
  const auto fitted = fit(*model, {{"layers.0.blocks.1.attn_mask", at::zeros({3})}});
  EXPECT_TRUE(fitted.withFate(KeyFate::Misshapen).empty());
  EXPECT_EQ(fitted.values.find("layers.0.blocks.1.attn_mask"), nullptr);
}

}  // namespace
}  // namespace slab::inspect
