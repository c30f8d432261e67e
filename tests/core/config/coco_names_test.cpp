// A COCO set's files are found by COCO's own names and by the plain ones.
#include "core/config/coco_names.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/store/temporary_folder.h"

namespace slab {
namespace {

namespace fs = std::filesystem;

using test::TemporaryFolder;

TEST(CocoNames, COCOsOwnNameStandsBeforeThePlainOne) {
  const TemporaryFolder folder;
  const std::string root = folder.path().string();
  EXPECT_EQ(findCocoAnnotations(root, "val"), "");
  EXPECT_EQ(findCocoImages(root, "val"), "");
  fs::create_directories(folder.path() / "annotations");
  for (const char* name : {"val", "val2017"}) {
    const fs::path file = folder.path() / "annotations" / ("instances_" + std::string(name) + ".json");
    std::ofstream(file).close();
    fs::create_directory(folder.path() / name);
    EXPECT_EQ(findCocoAnnotations(root, "val"), file.string());
    EXPECT_EQ(findCocoImages(root, "val"), (folder.path() / name).string());
  }
  EXPECT_EQ(findCocoAnnotations(root, "train"), "");
  EXPECT_EQ(findCocoImages(root, "train"), "");
}

TEST(CocoNames, WithoutARootNothingIsFoundWhereTheProgramStands) {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  fs::create_directory("annotations");
  std::ofstream("annotations/instances_train.json").close();
  fs::create_directory("train");
  EXPECT_EQ(findCocoAnnotations("", "train"), "");
  EXPECT_EQ(findCocoImages("", "train"), "");
  fs::current_path(before);
}

}  // namespace
}  // namespace slab
