// The image that is looked at is the image that was evaluated.
#include "core/inspect/image_source.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>
#include <fstream>

#include "core/config/load.h"
#include "core/data/loader.h"
#include "core/formats/image_codec.h"
#include "core/inspect/dataset_cache.h"
#include "tests/core/formats/jpeg_files.h"
#include "tests/core/formats/support.h"

namespace slab::inspect {
namespace {

namespace fs = std::filesystem;

constexpr int kSize = 32;

class OpenImage : public ::testing::Test {
 protected:
  OpenImage() {
    for (const char* split : {"train", "val"}) {
      for (const char* name : {"first", "second"}) fs::create_directories(root() / split / name);
      write(std::string(split) + "/first/exact.jpg", kSize, kSize);
      write(std::string(split) + "/first/wide.jpg", 61, 40);
      write(std::string(split) + "/second/high.jpg", 33, 50);
    }
    config_ = loadConfig({.preset = "",
                          .text = "{}",
                          .fileName = "test",
                          .overrides = {"model.name=slab_swin_t", "model.image_size=32", "model.classes=2",
                                        "data.type=image_folder", "data.root=" + root().string(),
                                        "data.mean=[0.4,0.5,0.6]", "data.std=[0.2,0.25,0.3]"}})
                  .config;
  }

  [[nodiscard]] fs::path root() const { return fs::path(folder_.path()); }

  void write(const std::string& name, int width, int height) const {
    const Image image =
        test::makeImage(width, height, 3, [](int x, int y, int c) { return (5 * x + 3 * y + 60 * c) % 256; });
    test::writeFile((root() / name).string(), std::span<const std::byte>(test::encodeJpeg(image)));
  }

  const test::TemporaryDirectory folder_;
  RunConfig config_;
};

TEST_F(OpenImage, AnEntryOfADataSetIsWhatTheEvaluationSawAlsoAtTheModelsSize) {
  const auto dataset = cachedDataset(config_, data::Split::Validation);
  ASSERT_EQ(dataset->size(), 3);
  data::Loader loader(dataset,
                      data::loaderOptions(config_.data, config_.model, *dataset, data::Split::Validation, 3, 0));
  const data::Batch batch = loader.next();
  ASSERT_EQ(batch.images.size(0), 3);
  for (std::int64_t i = 0; i < 3; ++i) {
    ImageSource source;
    source.index = batch.indices[i].item<std::int64_t>();
    const SourcedImage opened = openImage(source, config_);
    EXPECT_TRUE(at::allclose(opened.input[0], batch.images[i], 1e-5, 1e-6)) << dataset->nameOf(source.index);
    EXPECT_EQ(opened.label, batch.labels[i].item<std::int64_t>());
  }
}

TEST_F(OpenImage, APickedFileOfTheModelsSizeIsTakenAsItIs) {
  ImageSource source;
  source.path = (root() / "val/first/exact.jpg").string();
  EXPECT_EQ(openImage(source, config_).shown.pixels, decodeImage(source.path, {}).pixels);
}

TEST_F(OpenImage, APickedFileOfAnotherSizeFollowsTheRecipe) {
  const auto dataset = cachedDataset(config_, data::Split::Validation);
  ImageSource file, entry;
  file.path = (root() / "val/first/wide.jpg").string();
  for (entry.index = 0; entry.index < dataset->size(); ++entry.index) {
    if (dataset->nameOf(entry.index).find("wide") != std::string::npos) break;
  }
  ASSERT_LT(entry.index, dataset->size());
  EXPECT_EQ(openImage(file, config_).shown.pixels, openImage(entry, config_).shown.pixels);
}

}  // namespace
}  // namespace slab::inspect
