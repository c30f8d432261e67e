#include "core/inspect/attention_maps.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/core/inspect/small_models.h"

namespace slab::inspect {
namespace {

TEST(AttentionMaps, RowsTimesVPlusTheDepthwiseTermIsTheModulesOutput) {
  for (const auto& entry : builtKinds()) {
    const auto model = stirredModel(entry);
    const auto records = captureAttention(*model, randomImages(*model, 2), "");
    EXPECT_EQ(records.size(), model->attentionLayers().size()) << entry.name;
    for (const auto& record : records) {
      for (const std::int64_t window : {std::int64_t{0}, record.q.size(0) - 1}) {
        EXPECT_LT(reconstructionError(record, window), 1e-5) << entry.name << " " << record.place.layer;
      }
    }
  }
}

TEST(AttentionMaps, AGridRowIsTheWindowsRowAtItsTruePlace) {
  const auto model = stirredModel(*findModel("swin_t"));
  const auto records = captureAttention(*model, randomImages(*model, 1), "layers.0.blocks.1.attn");
  ASSERT_EQ(records.size(), 1u);
  const auto& record = records[0];
  ASSERT_EQ(record.place.shift, 3);
  // Query (10, 20) of 28 x 28: shifted by 3 it is (7, 17), window (1, 2), token (0, 3).
  const GridMap map = gridMap(record, 0, 10 * 28 + 20);
  const at::Tensor row = attentionRows(record, 1 * 4 + 2, at::tensor({3}, at::kLong)).select(1, 0);
  for (std::int64_t token = 0; token < 49; ++token) {
    const std::int64_t y = (7 + token / 7 + 3) % 28, x = (14 + token % 7 + 3) % 28;
    EXPECT_NEAR(map.attention[1][y][x].item<double>(), row[1][token].item<double>(), 1e-7);
  }
  EXPECT_NEAR(map.rowSums[0], 1.0, 1e-9);
}

TEST(AttentionMaps, TheShiftMaskKeepsRowsInsideTheirRegion) {
  const auto model = stirredModel(*findModel("swin_t"));
  const auto record = captureAttention(*model, randomImages(*model, 1), "layers.0.blocks.1.attn")[0];
  // Query (1, 1) sits in the wrapped corner window: tokens from the opposite border must get nothing.
  const GridMap map = gridMap(record, 0, 28 + 1);
  EXPECT_LT(map.attention[0].slice(0, 7, 28).sum().item<double>(), 1e-12);
  EXPECT_NEAR(map.attention[0].slice(0, 0, 3).slice(1, 0, 3).sum().item<double>(), 1.0, 1e-6);
}

TEST(AttentionMaps, TheDepthwiseTermStopsAtTheBorderInsteadOfWrapping) {
  const auto model = stirredModel(*findModel("slab_deit_t"));
  const auto record = captureAttention(*model, randomImages(*model, 1), "blocks.0.attn")[0];
  const GridMap corner = gridMap(record, 0, 0);
  EXPECT_EQ((corner.depthwise[0] != 0).sum().item<std::int64_t>(), 9);
  EXPECT_EQ((corner.depthwise[0].slice(1, 3, 8) != 0).sum().item<std::int64_t>(), 0);
  const GridMap centre = gridMap(record, 0, 4 * 8 + 4);
  EXPECT_EQ((centre.depthwise[0] != 0).sum().item<std::int64_t>(), 25);
  EXPECT_LT(centre.depthwise.min().item<double>(), 0.0);
}

TEST(AttentionMaps, AKeyThatStandsForSeveralTokensSpreadsItsWeightEvenly) {
  const auto model = stirredModel(*findModel("pvt_t"));
  const auto record = captureAttention(*model, randomImages(*model, 1), "block1.0.attn")[0];
  ASSERT_EQ(record.place.reduction, 8);
  const std::int64_t query = 3 * 16 + 5;
  const GridMap map = gridMap(record, 0, query);
  ASSERT_EQ(map.attention.sizes(), at::IntArrayRef({1, 16, 16}));
  const at::Tensor row = attentionRows(record, 0, at::tensor({query}, at::kLong)).select(1, 0);
  ASSERT_EQ(row.sizes(), at::IntArrayRef({1, 4}));
  for (const auto& [y, x] : {std::pair{0, 0}, {7, 7}, {7, 8}, {9, 2}, {15, 15}}) {
    const double weight = row[0][y / 8 * 2 + x / 8].item<double>();
    EXPECT_NEAR(map.attention[0][y][x].item<double>(), weight / 64, 1e-8) << y << " " << x;
  }
  EXPECT_NEAR(map.rowSums[0], 1.0, 1e-9);
  EXPECT_NEAR(map.entropies[0], -(row * row.log()).sum().item<double>(), 1e-9);
}

TEST(AttentionMaps, TheMeanMapIsTheMeanOfAllQueriesMaps) {
  for (const char* name : {"slab_deit_t", "swin_t", "deit_t", "pvt_v2_b0"}) {
    const auto model = stirredModel(*findModel(name));
    const auto record = captureAttention(*model, randomImages(*model, 1), "").front();
    const GridMap all = gridMap(record, 0, std::nullopt);
    at::Tensor sum = at::zeros_like(all.attention, at::kDouble);
    const std::int64_t cells = record.place.height * record.place.width;
    for (std::int64_t query = 0; query < cells; ++query) sum += gridMap(record, 0, query).attention;
    EXPECT_TRUE(at::allclose(sum / static_cast<double>(cells), all.attention.to(at::kDouble), 1e-5, 1e-8)) << name;
  }
}

TEST(AttentionMaps, ClassTokensAreCountedApart) {
  const auto model = stirredModel(*findModel("deit_t"));
  const auto record = captureAttention(*model, randomImages(*model, 1), "blocks.1.attn")[0];
  const GridMap map = gridMap(record, 0, 5);
  EXPECT_EQ(map.attention.size(1) * map.attention.size(2), 64);
  EXPECT_GT(map.leading[0], 0.0);
  EXPECT_NEAR(map.attention[0].sum().item<double>() + map.leading[0], 1.0, 1e-6);
}

TEST(AttentionMaps, AnUnknownLayerOrQueryIsAnError) {
  const auto model = stirredModel(*findModel("slab_deit_t"));
  EXPECT_THROW(captureAttention(*model, randomImages(*model, 1), "blocks.99.attn"), Error);
  const auto record = captureAttention(*model, randomImages(*model, 1), "blocks.0.attn")[0];
  EXPECT_THROW(gridMap(record, 0, 64), Error);
  EXPECT_THROW(gridMap(record, 0, -1), Error);
}

}  // namespace
}  // namespace slab::inspect
