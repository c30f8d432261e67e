// The reference's logits, through `slab infer`, unfolded and folded.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstring>
#include <set>

#include "core/config/arch/registry.h"
#include "core/formats/npy.h"
#include "core/jobs/tiny_run.h"
#include "core/train/tensor_files.h"
#include "e2e/program.h"
#include "support/golden.h"
#include "support/long_tier.h"

namespace slab::testing {
namespace {

// One small model a kind in the default tier, every row in the long one. (DeiT and Swin infer after the golden steps.)
std::vector<golden::Logits> rowsOfTheTier() {
  static const std::set<std::string> kQuick{"pvt_t_prepbn",     "slab_pvt_t",     "flatten_pvt_t",
                                            "pvt_v2_b0_prepbn", "slab_pvt_v2_b0", "slab_cswin_t"};
  std::vector<golden::Logits> rows = golden::logitsRows();
  std::erase_if(rows, [](const golden::Logits& row) { return !isLongTier() && !kQuick.contains(row.model); });
  return rows;
}

class GoldenInfer : public ::testing::TestWithParam<golden::Logits> {
 protected:
  void SetUp() override {
    const at::Tensor image = golden::image(golden::kLogitsImage, 3, 224).contiguous();
    writeNpy(path("image.npy"), image.sizes().vec(),
             std::span(image.const_data_ptr<float>(), static_cast<std::size_t>(image.numel())));
    SafetensorsWriter writer;
    train::NamedTensors weights, keep;
    for (const auto& item : golden::weights(GetParam().model)) weights.emplace_back(item.key(), item.value());
    train::addTensors(writer, weights, keep);
    writer.save(path("weights.safetensors"));
  }

  at::Tensor logits(const std::vector<std::string>& more) {
    std::vector<std::string> arguments{
        "infer",   "--model",         GetParam().model, "--weights",       path("weights.safetensors"),
        "--input", path("image.npy"), "--output",       path("logits.npy")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = runSlab(arguments, folder_.path());
    EXPECT_EQ(result.exitCode, 0) << result.err;
    const NpyFile file(path("logits.npy"));
    EXPECT_EQ(file.shape(), (std::vector<std::int64_t>{1, 1000}));
    at::Tensor values = at::empty({1, 1000});
    std::memcpy(values.mutable_data_ptr<float>(), file.bytes().data(), file.bytes().size());
    return values;
  }

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  TemporaryDirectory folder_;
};

TEST_P(GoldenInfer, TheProgramGivesTheReferencesLogits) {
  for (const auto& more : std::vector<std::vector<std::string>>{{}, {"--folded", "--set", "threads=2"}}) {
    const at::Tensor values = logits(more);
    EXPECT_LE(golden::logitsError(values, GetParam()), 1e-4) << (more.empty() ? "unfolded" : "folded");
    EXPECT_EQ(values.argmax().item<std::int64_t>(), GetParam().argmax);
  }
}

class GoldenFeatures : public ::testing::Test {
 protected:
  at::Tensor readMap(const std::string& file) {
    const NpyFile map(file);
    at::Tensor values = at::empty(map.shape());
    std::memcpy(values.mutable_data_ptr<float>(), map.bytes().data(), map.bytes().size());
    return values;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  TemporaryDirectory folder_;
};

TEST_F(GoldenFeatures, TheProgramWritesTheReferencesFourMapsOfADetectionBackbone) {
  const auto rows = golden::detectionRows();
  ASSERT_GE(rows.size(), 4U);
  const at::Tensor image = golden::image(golden::kLogitsImage, 3, 256, 320).contiguous();
  writeNpy(path("image.npy"), image.sizes().vec(),
           std::span(image.const_data_ptr<float>(), static_cast<std::size_t>(image.numel())));
  SafetensorsWriter writer;
  train::NamedTensors weights, keep;
  for (const auto& item : golden::weights(rows[0].model)) weights.emplace_back(item.key(), item.value());
  train::addTensors(writer, weights, keep);
  writer.save(path("weights.safetensors"));
  for (const auto& more : std::vector<std::vector<std::string>>{{}, {"--folded", "--set", "threads=2"}}) {
    std::vector<std::string> arguments{
        "infer",   "--model",         rows[0].model, "--weights",     path("weights.safetensors"),
        "--input", path("image.npy"), "--output",    path("maps.npy")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = runSlab(arguments, folder_.path());
    ASSERT_EQ(result.exitCode, 0) << result.err;
    for (std::size_t level = 0; level < 4; ++level) {
      EXPECT_LE(golden::logitsError(readMap(path("maps." + std::to_string(level) + ".npy")), rows[level]), 1e-4)
          << "level " << level << (more.empty() ? "" : ", folded");
    }
  }
}

TEST_F(GoldenFeatures, ADetectionBackboneSaysWhatItNeeds) {
  const auto result = runSlab({"infer", "--model", "det_backbone_slab_swin_t", "--input", "x.png"}, folder_.path());
  EXPECT_EQ(result.exitCode, 1);
  EXPECT_NE(result.err.find("needs --weights"), std::string::npos) << result.err;
  // Settings that change nothing are refused, and those that count are read.
  const std::vector<std::pair<std::string, std::string>> refused{{"model.window=7", "dimensions"},
                                                                 {"data.mean=[0.5]", "data.mean=[0.5] does not apply"},
                                                                 {"no.such.key=1", "no.such.key=1 does not apply"},
                                                                 {"ops.backend=fastest", "ops.backend"}};
  for (const auto& [setting, words] : refused) {
    const auto answer = runSlab({"infer", "--model", "det_backbone_slab_swin_t", "--weights", "none.safetensors",
                                 "--input", "x.npy", "--output", "y.npy", "--set", setting},
                                folder_.path());
    EXPECT_EQ(answer.exitCode, 1);
    EXPECT_NE(answer.err.find(words), std::string::npos) << answer.err;
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, GoldenInfer, ::testing::ValuesIn(rowsOfTheTier()),
                         [](const auto& info) { return info.param.model; });

}  // namespace
}  // namespace slab::testing
