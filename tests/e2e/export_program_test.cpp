// `slab export` as scripts see it.
#include <gtest/gtest.h>

#include "core/formats/npy.h"
#include "core/formats/safetensors.h"
#include "core/jobs/tiny_run.h"
#include "e2e/program.h"

namespace slab::testing {
namespace {

const std::vector<std::string> kSmall{"model.image_size=16", "model.patch_size=4", "model.in_channels=1",
                                      "model.classes=10",    "model.embed_dim=16", "model.depths=[2]",
                                      "model.heads=[2]"};

class ExportProgram : public ::testing::Test {
 protected:
  [[nodiscard]] ProgramResult slab(std::vector<std::string> arguments) const {
    return runSlab(withSettings(std::move(arguments), kSmall), folder_.path());
  }
  [[nodiscard]] ProgramResult exportTo(const std::string& name, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"export", "--model", "slab_deit_t", "--output", path(name)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return slab(arguments);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  TemporaryDirectory folder_;
};

TEST_F(ExportProgram, SaysWhatItWrote) {
  const auto result = exportTo("model.onnx", {"--json", "--folded"});
  ASSERT_EQ(result.exitCode, 0) << result.err;
  const Json said = Json::parse(result.out);
  const std::string content = contentOf(folder_ / "model.onnx");
  EXPECT_EQ(said["bytes"], content.size());
  EXPECT_EQ(said["folded"], true);
  EXPECT_EQ(said["norms"], 0);
  EXPECT_GT(said["nodes"], 20);
  EXPECT_EQ(content.find(folder_.path().string()), std::string::npos) << "a path of this machine";
}

TEST_F(ExportProgram, EqualModelsGiveEqualBytes) {
  ASSERT_EQ(exportTo("a.onnx").exitCode, 0);
  ASSERT_EQ(exportTo("b.onnx").exitCode, 0);
  EXPECT_EQ(contentOf(folder_ / "a.onnx"), contentOf(folder_ / "b.onnx"));
}

TEST_F(ExportProgram, DoesNotReplaceAFileUnlessForced) {
  ASSERT_EQ(exportTo("model.onnx").exitCode, 0);
  const std::string before = contentOf(folder_ / "model.onnx");
  const auto refused = exportTo("model.onnx", {"--batch", "3"});
  EXPECT_EQ(refused.exitCode, 1);
  EXPECT_NE(refused.err.find("--force"), std::string::npos) << refused.err;
  EXPECT_EQ(contentOf(folder_ / "model.onnx"), before);
  EXPECT_EQ(exportTo("model.onnx", {"--batch", "3", "--force"}).exitCode, 0);
  EXPECT_NE(contentOf(folder_ / "model.onnx"), before);
}

TEST_F(ExportProgram, FoldedWeightsRunAsTheUnfoldedOnes) {
  ASSERT_EQ(exportTo("plain.safetensors").exitCode, 0);
  ASSERT_EQ(exportTo("folded.safetensors", {"--folded"}).exitCode, 0);
  EXPECT_EQ(SafetensorsFile::open(path("folded.safetensors")).metadataValue("folded"), "true");
  std::vector<float> pixels(2 * 16 * 16);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(i % 23) / 11.0F - 1.0F;
  writeNpy(path("x.npy"), std::vector<std::int64_t>{2, 1, 16, 16}, std::span<const float>(pixels));
  std::vector<std::vector<float>> logits;
  for (const std::string name : {"plain", "folded"}) {
    const auto result = slab({"infer", "--model", "slab_deit_t", "--weights", path(name + ".safetensors"), "--input",
                              path("x.npy"), "--output", path(name + ".npy")});
    ASSERT_EQ(result.exitCode, 0) << result.err;
    const NpyFile file(path(name + ".npy"));
    const auto* values = reinterpret_cast<const float*>(file.bytes().data());
    logits.emplace_back(values, values + 20);
  }
  for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(logits[0][i], logits[1][i], 1e-5) << i;
}

TEST_F(ExportProgram, WrongUsageIsToldApartFromFailure) {
  EXPECT_EQ(slab({"export", "--model", "slab_deit_t"}).exitCode, 2) << "no --output";
  EXPECT_EQ(slab({"export", "--output", path("model.onnx")}).exitCode, 2) << "no model";
  EXPECT_EQ(exportTo("model.safetensors", {"--batch", "2"}).exitCode, 2);
  const auto unknown = exportTo("model.pt");
  EXPECT_EQ(unknown.exitCode, 1);
  EXPECT_NE(unknown.err.find("--format"), std::string::npos) << unknown.err;
  EXPECT_EQ(exportTo("model.pt", {"--format", "onnx"}).exitCode, 0);
  EXPECT_EQ(exportTo("missing/model.onnx").exitCode, 1);
}

}  // namespace
}  // namespace slab::testing
