// `slab data make-scenes`, `scan --type coco` and `coco-eval`, as scripts see them.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "core/config/data_config.h"
#include "core/jobs/tiny_run.h"
#include "e2e/program.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

class CocoProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kFashionMnistRoot)) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
    const auto made =
        slab({"data", "make-scenes", "--out", path("set"), "--images", "20", "--size", "96", "--seed", "3", "--json"});
    ASSERT_EQ(made.exitCode, 0) << made.err;
    report_ = Json::parse(made.out);
  }
  [[nodiscard]] ProgramResult slab(const std::vector<std::string>& arguments) const {
    return runSlab(arguments, folder_.path());
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string annotations() const { return path("set/annotations/instances_train.json"); }
  [[nodiscard]] Json truth() const { return Json::parse(std::ifstream(annotations())); }

  /// Every annotation found as it is, crowds passed over.
  void writePerfectResults(const std::string& name) const {
    Json results = Json::array();
    const Json set = truth();
    for (const auto& annotation : set["annotations"]) {
      if (annotation["iscrowd"] == 1) continue;
      Json result{{"image_id", annotation["image_id"]}, {"category_id", annotation["category_id"]}, {"score", 0.9}};
      for (const char* field : {"bbox", "segmentation"}) result[field] = annotation[field];
      results.push_back(result);
    }
    std::ofstream(path(name)) << results.dump();
  }
  [[nodiscard]] ProgramResult evaluate(const std::string& results, const std::string& type,
                                       const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"data",      "coco-eval",   "--annotations", annotations(),
                                       "--results", path(results), "--type",        type};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return slab(arguments);
  }
  [[nodiscard]] ProgramResult scan(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"data",          "scan",        "--type", "coco",
                                       "--annotations", annotations(), "--root", path("set/train")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return slab(arguments);
  }

  TemporaryDirectory folder_;
  Json report_;
};

TEST_F(CocoProgram, AMadeSetIsSoundAndWhatIsFoundAsItIsScoresOne) {
  EXPECT_EQ(report_["train"], 20);
  EXPECT_EQ(report_["val"], 4);
  EXPECT_TRUE(fs::exists(path("set/val/000004.png")));
  const auto scanned = scan({"--json", "--strict"});
  ASSERT_EQ(scanned.exitCode, 0) << scanned.out << scanned.err;
  const Json report = Json::parse(scanned.out);
  EXPECT_EQ(report["images"], 20);
  EXPECT_EQ(report["bad"], 0);
  EXPECT_EQ(report["classes"].size(), 10U);

  writePerfectResults("perfect.json");
  for (const char* type : {"bbox", "segm"}) {
    const auto result = evaluate("perfect.json", type, {"--json"});
    ASSERT_EQ(result.exitCode, 0) << result.err;
    const Json scores = Json::parse(result.out);
    ASSERT_EQ(scores["stats"].size(), 12U);
    EXPECT_NEAR(scores["stats"][0].get<double>(), 1.0, 1e-9) << type;
    EXPECT_EQ(scores["per_class"].size(), 10U);
    EXPECT_EQ(scores["complete"], true);
    for (const auto& [name, one] : scores["per_class"].items()) {
      EXPECT_TRUE(one["ap"] == -1 || one["ap"].get<double>() > 1 - 1e-9) << name;
    }
  }
  const auto table = evaluate("perfect.json", "bbox");
  EXPECT_NE(table.out.find("AP  0.50:0.95"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("Ankle boot"), std::string::npos) << table.out;
}

TEST_F(CocoProgram, TheSameSeedMakesTheSameFilesAndAFolderIsNeverWrittenOver) {
  const auto make = [&](const std::string& out) {
    return slab({"data", "make-scenes", "--out", path(out), "--images", "20", "--size", "96", "--seed", "3"});
  };
  EXPECT_EQ(make("again").exitCode, 0);
  for (const char* file : {"annotations/instances_train.json", "train/000007.png", "val/000001.png"}) {
    std::ifstream a(path("set") + "/" + file, std::ios::binary), b(path("again") + "/" + file, std::ios::binary);
    const std::string first{std::istreambuf_iterator<char>(a), {}}, second{std::istreambuf_iterator<char>(b), {}};
    EXPECT_FALSE(first.empty()) << file;
    EXPECT_TRUE(first == second) << file;
  }
  const auto over = make("set");
  EXPECT_EQ(over.exitCode, 1);
  EXPECT_NE(over.err.find("exists already"), std::string::npos) << over.err;
}

TEST_F(CocoProgram, FaultsAreNamedAndNothingIsEvaluated) {
  Json set = truth();
  set["images"][0]["file_name"] = "../../etc/passwd";
  set["images"][1]["width"] = 95;
  set["annotations"].push_back(set["annotations"][0]);
  std::ofstream(annotations()) << set.dump();
  fs::remove(path("set/train/000003.png"));
  const auto text = scan({});
  EXPECT_EQ(text.exitCode, 0) << text.err;
  for (const char* kind : {"unsafe_path", "other_size", "missing_file", "duplicate_id"}) {
    EXPECT_NE(text.out.find(kind), std::string::npos) << kind << "\n" << text.out;
  }
  EXPECT_EQ(scan({"--strict"}).exitCode, 1);

  std::ofstream(path("none.json")) << "[]";
  const auto refused = evaluate("none.json", "bbox");
  EXPECT_EQ(refused.exitCode, 1);
  EXPECT_TRUE(refused.out.empty()) << refused.out;
  EXPECT_NE(refused.err.find("leads out of its folder"), std::string::npos) << refused.err;
}

TEST_F(CocoProgram, ASignalGivesTheNumbersOfTheImagesThatWereDone) {
  // Many images with many objects, so that the evaluation takes its time.
  Json set{{"images", Json::array()}, {"annotations", Json::array()}, {"categories", {{{"id", 1}, {"name", "thing"}}}}};
  Json results = Json::array();
  for (int image = 1; image <= 1000; ++image) {
    set["images"].push_back({{"id", image}, {"width", 512}, {"height", 512}, {"file_name", "a.png"}});
    for (int i = 0; i < 40; ++i) {
      const Json circle{{i, i, i + 400, i, i + 400, i + 400, i, i + 390, i + 200, i + 200, i, i + 100}};
      set["annotations"].push_back({{"id", set["annotations"].size() + 1},
                                    {"image_id", image},
                                    {"category_id", 1},
                                    {"bbox", {i, i, 400, 400}},
                                    {"area", 90000},
                                    {"iscrowd", 0},
                                    {"segmentation", circle}});
      results.push_back({{"image_id", image}, {"category_id", 1}, {"score", 0.5}, {"segmentation", circle}});
    }
  }
  std::ofstream(annotations()) << set.dump();
  std::ofstream(path("many.json")) << results.dump();
  Program program({"data", "coco-eval", "--annotations", annotations(), "--results", path("many.json"), "--type",
                   "segm", "--json", "--threads", "1", "--progress"},
                  folder_.path());
  ASSERT_TRUE(program.waitForMessage("of 1 000 images"));
  program.signal(SIGINT);
  const auto result = program.wait();
  EXPECT_EQ(result.exitCode, 1) << result.err;
  const Json scores = Json::parse(result.out);
  EXPECT_GT(scores["images"], 0);
  EXPECT_LT(scores["images"], 1000);
  EXPECT_EQ(scores["complete"], false);
  EXPECT_NEAR(scores["stats"][0].get<double>(), 1.0, 1e-9);
  EXPECT_NE(result.err.find("of 1 000 images by id"), std::string::npos) << result.err;
}

TEST_F(CocoProgram, ASignalWhileAFileIsReadEndsItWithoutNumbers) {
  std::string set =
      R"({"images":[{"id":1,"width":64,"height":64,"file_name":"a.png"}],"categories":[{"id":1,"name":"a"}],)";
  set += "\"annotations\":[";
  for (int id = 1; id <= 200'000; ++id) {
    set += std::string(id > 1 ? "," : "") + "{\"id\":" + std::to_string(id) +
           R"(,"image_id":1,"category_id":1,"bbox":[1,1,9,9],"area":81,"iscrowd":0})";
  }
  std::ofstream(annotations()) << set << "]}";
  std::ofstream(path("none.json")) << "[]";
  Program program({"data", "coco-eval", "--annotations", annotations(), "--results", path("none.json"), "--type",
                   "bbox", "--progress"},
                  folder_.path());
  ASSERT_TRUE(program.waitForMessage("reading "));
  program.signal(SIGINT);
  const auto result = program.wait();
  EXPECT_EQ(result.exitCode, 1) << result.err;
  EXPECT_TRUE(result.out.empty()) << result.out;
  EXPECT_NE(result.err.find("stopped while reading"), std::string::npos) << result.err;
}

TEST_F(CocoProgram, WrongUseIsSaidSo) {
  writePerfectResults("perfect.json");
  EXPECT_EQ(evaluate("perfect.json", "keypoints").exitCode, 2);
  EXPECT_EQ(slab({"data", "coco-eval", "--annotations", annotations()}).exitCode, 2);
  EXPECT_EQ(slab({"data", "scan", "--type", "coco"}).exitCode, 2);
  EXPECT_EQ(slab({"data", "scan", path("set"), "--root", path("set")}).exitCode, 2);
  EXPECT_EQ(slab({"data", "make-scenes", "--out", path("other"), "--size", "8"}).exitCode, 2);
  EXPECT_EQ(evaluate("absent.json", "bbox").exitCode, 1);
}

}  // namespace
}  // namespace slab::testing
