// What an evaluation says of images that it could not read.
#include "core/jobs/unread_images.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/formats/png_writer.h"
#include "core/jobs/infer_job.h"
#include "core/jobs/tiny_run.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

TEST(UnreadImages, TheFirstTwentyAreNamedAndAllAreCounted) {
  jobs::UnreadImages unread;
  std::vector<std::string> warnings;
  unread.tell(warnings, "left out");
  EXPECT_TRUE(warnings.empty());
  for (int i = 0; i < 20; ++i) unread.add(std::to_string(i) + ".png is cut");
  unread.tell(warnings, "left out");
  ASSERT_EQ(warnings.size(), 21U);
  EXPECT_EQ(warnings[3], "3.png is cut");
  EXPECT_EQ(warnings.back(), "images that could not be read: 20, left out");
  unread.add("20.png is cut");
  warnings.clear();
  unread.tell(warnings, "left out");
  ASSERT_EQ(warnings.size(), 21U);
  EXPECT_EQ(warnings.back(), "images that could not be read: 21, left out; the first 20 are named above");
}

TEST(UnreadImages, OfAClassifiersValidationSetAreNamedAndLeftOut) {
  const TemporaryDirectory folder;
  for (const char* part : {"train", "val"}) {
    for (int i = 0; i < 8; ++i) {
      const fs::path file =
          folder / ("set/" + std::string(part) + "/" + (i % 2 == 0 ? "a/" : "b/")) / std::to_string(i);
      fs::create_directories(file.parent_path());
      Image image{16, 16, 1, std::vector<std::uint8_t>(256, static_cast<std::uint8_t>(30 * i))};
      writePng(file.string() + ".png", image);
    }
  }
  const Finished finished = train(newRun(
      tinyConfig(folder.path(), {"data.type=image_folder", "data.root=" + (folder / "set").string(), "model.classes=2",
                                 "data.mean=[0.5]", "data.std=[0.5]", "train.steps=2", "prepbn.warmup=0",
                                 "prepbn.lambda_end=1", "optim.warmup=1", "train.eval_every=0"}),
      folder / "run"));
  ASSERT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
  std::ofstream(folder / "set/val/a/2.png") << "no image";
  ModelSource source;
  source.checkpoint = (folder / "run").string();
  const auto report = jobs::evaluateModel(source);
  EXPECT_EQ(report.images, 7);
  ASSERT_EQ(report.warnings.size(), 2U);
  EXPECT_NE(report.warnings[0].find("val/a/2.png"), std::string::npos) << report.warnings[0];
  EXPECT_EQ(report.warnings[1], "images that could not be read: 1, left out of the score");
}

}  // namespace
}  // namespace slab::testing
