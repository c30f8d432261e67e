// The include table of ARCHITECTURE.md: which room may use which, and which outside library stands where.
#include <gtest/gtest.h>

#include <map>

#include "tests/arch/source_tree.h"

namespace slab::arch {
namespace {

using Rooms = std::vector<std::string>;

// Room -> rooms it may include besides itself.
const std::map<std::string, Rooms>& table() {
  static const Rooms kAbove{"core/base",    "core/config", "core/store",  "core/wire",
                            "core/formats", "core/coco",   "core/sandbox"};
  static const std::map<std::string, Rooms> kTable = [] {
    std::map<std::string, Rooms> rules{
        {"kernels", {}},
        {"core/base", {}},
        {"core/config", {"core/base"}},
        {"core/store", {"core/base", "core/config"}},
        {"core/wire", {"core/base", "core/config"}},
        {"core/formats", {"core/base"}},
        {"core/coco", {"core/base", "core/formats"}},
        {"core/sandbox", {"core/base", "core/formats"}},
        {"app/decode", {"core/sandbox", "core/base", "core/formats"}},
        {"widgets", {"core/base", "core/config", "core/store", "core/wire"}},
        {"app/cli", {"core/jobs", "core/base", "core/config", "core/store", "core/wire", "core/coco"}},
        {"app/gui", {"widgets", "core/base", "core/config", "core/store", "core/wire", "core/coco"}},
        {"core/cuda", {"core/device", "core/ops", "kernels", "core/base"}},
    };
    Rooms allowed = kAbove;
    allowed.push_back("kernels");
    for (const char* room : {"device", "ops", "nn", "models", "data", "train", "inspect", "export", "jobs"}) {
      rules["core/" + std::string(room)] = allowed;
      allowed.push_back("core/" + std::string(room));
    }
    return rules;
  }();
  return kTable;
}

std::string roomOf(const std::string& path) {
  std::string best;
  for (const auto& [room, allowed] : table()) {
    if (path.rfind(room + "/", 0) == 0 && room.size() > best.size()) best = room;
  }
  return best;
}

bool startsWithAny(const std::string& text, const Rooms& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const auto& prefix) { return text.rfind(prefix, 0) == 0; });
}

bool isTorch(const std::string& name) {
  return startsWithAny(name, {"torch/", "ATen/", "c10/", "caffe2/"});
}

bool isQt(const std::string& name) {
  return name == "qcustomplot.h" || startsWithAny(name, {"QtCore", "QtGui", "QtWidgets"}) ||
         (name.size() > 1 && name[0] == 'Q' && std::isupper(static_cast<unsigned char>(name[1])));
}

const std::vector<SourceFile>& files() {
  static const auto kFiles = sourceFiles({"kernels", "core", "widgets", "app"});
  return kFiles;
}

TEST(IncludeRules, EveryFileLiesInARoom) {
  ASSERT_GT(files().size(), 20u);
  for (const auto& file : files()) EXPECT_NE(roomOf(file.path), "") << file.path;
}

TEST(IncludeRules, ARoomIncludesOnlyTheRoomsItMay) {
  for (const auto& file : files()) {
    const std::string room = roomOf(file.path);
    if (room.empty()) continue;
    const Rooms& allowed = table().at(room);
    for (const auto& name : includesOf(file.text)) {
      const std::string target = roomOf(name);
      if (target.empty() || target == room) continue;
      EXPECT_TRUE(std::find(allowed.begin(), allowed.end(), target) != allowed.end())
          << file.path << " includes " << name << ": " << room << " may not use " << target;
    }
  }
}

TEST(IncludeRules, JobsHeadersHideTheTorchSide) {
  const Rooms allowed{"core/jobs", "core/base", "core/config", "core/store", "core/wire", "core/coco"};
  for (const auto& file : files()) {
    if (roomOf(file.path) != "core/jobs" || !file.path.ends_with(".h")) continue;
    for (const auto& name : includesOf(file.text)) {
      EXPECT_FALSE(isTorch(name)) << file.path << " includes " << name;
      const std::string target = roomOf(name);
      EXPECT_TRUE(target.empty() || std::find(allowed.begin(), allowed.end(), target) != allowed.end())
          << file.path << " includes " << name;
    }
  }
}

TEST(IncludeRules, TorchStaysBelowItsLineAndNeverMeetsQt) {
  const Rooms torchFree{"kernels",      "core/base", "core/config",  "core/store", "core/wire",
                        "core/formats", "core/coco", "core/sandbox", "widgets",    "app"};
  for (const auto& file : files()) {
    bool torch = false, qt = false;
    for (const auto& name : includesOf(file.text)) {
      torch = torch || isTorch(name);
      qt = qt || isQt(name);
      EXPECT_FALSE(isTorch(name) && startsWithAny(file.path, torchFree)) << file.path << " includes " << name;
      EXPECT_FALSE(isQt(name) && !startsWithAny(file.path, {"widgets/", "app/gui/"}))
          << file.path << " includes " << name;
    }
    EXPECT_FALSE(torch && qt) << file.path;
  }
}

// Outside libraries and the rooms that may include them.
TEST(IncludeRules, OutsideLibrariesStandInTheirRooms) {
  const std::map<std::string, Rooms> homes{
      {"nlohmann/", {"core/config", "core/store", "core/wire", "core/formats", "core/coco"}},
      {"sqlite3.h", {"core/store"}},
      {"zlib.h", {"core/formats"}},
      {"jpeglib.h", {"core/formats"}},
      {"openssl/", {"core/formats"}},
      {"opencv2/", {"core/formats", "core/data"}},
      {"CLI/", {"app/cli"}},
      {"qcustomplot.h", {"widgets"}},
      {"cuda_runtime", {"kernels", "core/cuda"}},
      {"c10/cuda/", {"core/cuda"}},
      {"ATen/cuda/", {"core/cuda"}},
  };
  for (const auto& file : files()) {
    const std::string room = roomOf(file.path);
    for (const auto& name : includesOf(file.text)) {
      for (const auto& [library, rooms] : homes) {
        if (name.rfind(library, 0) != 0) continue;
        EXPECT_TRUE(std::find(rooms.begin(), rooms.end(), room) != rooms.end()) << file.path << " includes " << name;
      }
    }
  }
}

}  // namespace
}  // namespace slab::arch
