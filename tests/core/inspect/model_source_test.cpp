#include "core/inspect/model_source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/error.h"

namespace slab::inspect {
namespace {

namespace fs = std::filesystem;

std::string messageFor(const std::string& weights) {
  ModelSource source;
  source.model = "deit_t";
  source.checkpoint = weights;
  try {
    openModel(source);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(OpenModel, PointsAFileOfTorchSaveToTheImport) {
  for (const char* name : {"layouts.pth", "layouts_legacy.pth"}) {
    const std::string file = std::string(SLAB_TEST_DATA) + "/oracles/pth/" + name;
    ASSERT_TRUE(fs::exists(file)) << file;
    const std::string message = messageFor(file);
    EXPECT_NE(message.find("slab import"), std::string::npos) << message;
    EXPECT_NE(message.find(file), std::string::npos) << message;
  }
}

TEST(OpenModel, TakesNoSafetensorsFileForAPickle) {
  // A header of 0x280 = 640 bytes has the first two bytes of a pickle of protocol 2.
  const fs::path file = fs::temp_directory_path() / "slab_model_source_test.safetensors";
  std::string header = R"({"__metadata__":{"format":"pt"}})";
  header.resize(0x280, ' ');
  std::string bytes("\x80\x02\0\0\0\0\0\0", 8);
  std::ofstream(file, std::ios::binary) << bytes + header;
  const std::string message = messageFor(file.string());
  fs::remove(file);
  EXPECT_FALSE(message.empty());
  EXPECT_EQ(message.find("pickle"), std::string::npos) << message;
}

}  // namespace
}  // namespace slab::inspect
