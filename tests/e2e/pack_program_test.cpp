// `slab data pack`, and trainings on what it makes, as scripts see them.
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/rng.h"
#include "core/formats/jpeg_writer.h"
#include "core/jobs/tiny_run.h"
#include "e2e/program.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kSmall{
    "model.image_size=16", "model.patch_size=4", "model.classes=2",  "model.embed_dim=16", "model.depths=[1]",
    "model.heads=[2]",     "train.steps=6",      "train.batch=4",    "train.seed=3",       "prepbn.warmup=1",
    "prepbn.lambda_end=5", "train.eval_every=3", "optim.warmup=1",   "train.log_every=1",  "data.type=image_folder",
    "data.augment=timm",   "device=cpu",         "ops.linear=torch", "threads=1"};

void writePicture(const fs::path& file, int number) {
  Random random(hashKeys(static_cast<std::uint64_t>(number)));
  // Below twice the size that a crop of it is resized to: larger ones are decoded reduced, but not from the cache.
  Image image = blankImage(28 + number % 4, 26, 3);
  for (auto& value : image.pixels) value = static_cast<std::uint8_t>(random.below(256));
  const auto bytes = encodeJpeg(image, 90);
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

class PackProgram : public ::testing::Test {
 protected:
  PackProgram() {
    std::ofstream(folder_ / "config.json") << R"({"model": {"name": "slab_deit_t"}})";
    for (int i = 0; i < 16; ++i) {
      writePicture(folder_ / "images" / "train" / (i % 2 == 0 ? "cat" : "dog") / (std::to_string(i) + ".jpg"), i);
    }
    for (int i = 0; i < 4; ++i) {
      writePicture(folder_ / "images" / "val" / (i % 2 == 0 ? "cat" : "dog") / (std::to_string(i) + ".jpg"), 50 + i);
    }
  }
  [[nodiscard]] ProgramResult slab(const std::vector<std::string>& arguments) const {
    return runSlab(arguments, folder_.path());
  }
  [[nodiscard]] ProgramResult pack(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"data", "pack", "--root", path("images"), "--out", path("packed")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return slab(arguments);
  }
  /// The losses of a training and of its evaluations.
  [[nodiscard]] std::vector<double> losses(const std::string& root, std::vector<std::string> settings) const {
    settings.insert(settings.begin(), kSmall.begin(), kSmall.end());
    settings.push_back("data.root=" + path(root));
    const std::string run = path("run");
    fs::remove_all(run);
    const auto result =
        slab(withSettings({"train", "--config", path("config.json"), "--run", run, "--json"}, settings));
    EXPECT_EQ(result.exitCode, 0) << result.err;
    std::vector<double> values;
    for (const char* kind : {"step", "eval"}) {
      for (const auto& event : result.events(kind)) values.push_back(event["loss"].get<double>());
    }
    return values;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  TemporaryDirectory folder_;
};

TEST_F(PackProgram, ATrainingOnThePackedSetOrFromTheCacheGivesTheSameNumbers) {
  const auto result = pack({"--json"});
  ASSERT_EQ(result.exitCode, 0) << result.err;
  const Json said = Json::parse(result.out);
  EXPECT_EQ(said["train"], 16);
  EXPECT_EQ(said["validation"], 4);
  EXPECT_EQ(said["complete"], true);
  EXPECT_TRUE(said["left_out"].empty());

  const auto fromFiles = losses("images", {});
  ASSERT_EQ(fromFiles.size(), 8U) << "six steps and two evaluations";
  EXPECT_EQ(losses("packed", {}), fromFiles);
  EXPECT_EQ(losses("images", {"data.cache=memory"}), fromFiles);
}

TEST_F(PackProgram, NamesWhatItLeavesOutAndRefusesAFolderThatIsThere) {
  const fs::path damaged = folder_ / "images" / "train" / "cat" / "0.jpg";
  fs::resize_file(damaged, fs::file_size(damaged) / 2);
  const auto result = pack();
  EXPECT_EQ(result.exitCode, 0);
  EXPECT_NE(result.out.find(damaged.string()), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("15 training and 4 validation images"), std::string::npos) << result.out;
  const auto again = pack();
  EXPECT_EQ(again.exitCode, 1);
  EXPECT_NE(again.err.find("exists already"), std::string::npos) << again.err;
}

TEST_F(PackProgram, WrongUseIsSaidSo) {
  EXPECT_EQ(slab({"data", "pack", "--root", path("images")}).exitCode, 2);
  EXPECT_EQ(pack({"--raw", "--quality", "80"}).exitCode, 2);
  EXPECT_EQ(slab({"data", "pack", "--root", path("nothing"), "--out", path("packed")}).exitCode, 1);
  EXPECT_FALSE(fs::exists(path("packed")));
}

}  // namespace
}  // namespace slab::testing
