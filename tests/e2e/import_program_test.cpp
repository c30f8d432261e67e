// A published checkpoint's way: a full-size .pth through `slab import`, and the reference's logits from the result.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstring>
#include <fstream>
#include <set>

#include "core/config/arch/registry.h"
#include "core/formats/npy.h"
#include "core/formats/pth_bytes.h"
#include "core/jobs/tiny_run.h"
#include "e2e/program.h"
#include "support/golden.h"
#include "support/long_tier.h"

namespace slab::testing {
namespace {

std::string bytesOf(const at::Tensor& tensor) {
  return {static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()};
}

// {"model": {"module.<key>": tensor, ...}, "epoch": 299}, as the reference saves after training on several devices.
std::string checkpointOf(const std::string& model) {
  std::vector<std::pair<std::string, std::string>> items, storages;
  for (const auto& item : golden::weights(model)) {
    const at::Tensor value = item.value().contiguous();
    const std::string key = std::to_string(storages.size());
    items.emplace_back("module." + item.key(),
                       test::tensor(test::storage(key, value.numel()), 0, value.sizes().vec(), value.strides().vec()));
    storages.emplace_back(key, bytesOf(value));
  }
  return test::zip(
      test::archive(test::pickle(test::dict({{"model", test::dict(items)}, {"epoch", test::integer(299)}})), storages));
}

std::vector<golden::Logits> rowsOfTheTier() {
  static const std::set<std::string> kQuick{"deit_t_prepbn", "swin_t_prepbn", "slab_swin_t",
                                            "slab_pvt_t",    "pvt_v2_b0",     "slab_cswin_t"};
  std::vector<golden::Logits> rows = golden::logitsRows();
  std::erase_if(rows, [](const golden::Logits& row) {
    return !isLongTier() && !kQuick.contains(row.model);
  });
  return rows;
}

class ImportProgram : public ::testing::TestWithParam<golden::Logits> {
 protected:
  void SetUp() override {
    std::ofstream(path("weights.pth"), std::ios::binary) << checkpointOf(GetParam().model);
    const at::Tensor image = golden::image(golden::kLogitsImage, 3, 224).contiguous();
    writeNpy(path("image.npy"), image.sizes().vec(),
             std::span(image.const_data_ptr<float>(), static_cast<std::size_t>(image.numel())));
  }

  [[nodiscard]] Json imported(const std::string& out, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"import", path("weights.pth"), "--out", path(out), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = runSlab(arguments, folder_.path());
    EXPECT_EQ(result.exitCode, 0) << result.err;
    return Json::parse(result.out);
  }

  // No model is named: the folder knows it.
  [[nodiscard]] at::Tensor logits(const std::string& weights) const {
    const auto result =
        runSlab({"infer", "--weights", path(weights), "--input", path("image.npy"), "--output", path("logits.npy")},
                folder_.path());
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

TEST_P(ImportProgram, AFullSizeCheckpointIsRecognisedAndGivesTheReferencesLogits) {
  const Json report = imported("out");
  EXPECT_EQ(report["model"], GetParam().model);
  EXPECT_EQ(report["part"], "model");
  EXPECT_TRUE(report["missing"].empty() && report["unexpected"].empty() && report["reshaped"].empty());
  const at::Tensor values = logits("out/model.safetensors");
  EXPECT_LE(golden::logitsError(values, GetParam()), 1e-4);
  EXPECT_EQ(values.argmax().item<std::int64_t>(), GetParam().argmax);
}

INSTANTIATE_TEST_SUITE_P(Rows, ImportProgram, ::testing::ValuesIn(rowsOfTheTier()),
                         [](const auto& info) { return info.param.model; });

TEST(ImportCommand, ExitsWithOneForAFileThatDoesNotFitAndTwoForNone) {
  const TemporaryDirectory folder;
  const auto refused = runSlab({"import", SLAB_TEST_DATA "/oracles/pth/layouts.pth"}, folder.path());
  EXPECT_EQ(refused.exitCode, 1);
  EXPECT_NE(refused.err.find("layouts.pth"), std::string::npos) << refused.err;
  EXPECT_EQ(runSlab({"import"}, folder.path()).exitCode, 2);
}

}  // namespace
}  // namespace slab::testing
