// A detector trained, stopped, resumed and evaluated by the jobs behind `slab train` and `slab eval`.
#include "core/jobs/detector_job.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <mutex>

#include "core/base/log.h"
#include "core/coco/annotation_file.h"
#include "core/coco/result_file.h"
#include "core/jobs/infer_job.h"
#include "core/jobs/inspection.h"
#include "core/jobs/tiny_detector.h"
#include "core/jobs/tiny_run.h"
#include "e2e/same_run.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

class DetectorJob : public ::testing::Test {
 protected:
  DetectorJob() { writeTinyCoco(folder_.path(), 10, 4); }
  [[nodiscard]] LoadedConfig config(const std::vector<std::string>& overrides = {}) const {
    return tinyDetectorConfig(folder_.path(), overrides);
  }
  Finished trained(const std::string& run, const std::vector<std::string>& overrides = {}) {
    Finished finished = train(newRun(config(overrides), folder_ / run));
    EXPECT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
    return finished;
  }
  [[nodiscard]] jobs::DetectorRequest request(const std::string& run) const {
    jobs::DetectorRequest request;
    request.source.checkpoint = (folder_ / run).string();
    return request;
  }
  [[nodiscard]] fs::path annotations(const std::string& part) const {
    return folder_ / ("annotations/instances_" + part + ".json");
  }
  std::string refusal(const std::vector<std::string>& overrides = {}) {
    const Finished finished = train(newRun(config(overrides), folder_ / "refused"));
    EXPECT_EQ(finished.outcome.state, RunState::Failed);
    EXPECT_FALSE(fs::exists(folder_ / "refused")) << "nothing is started";
    return finished.outcome.reason;
  }

  TemporaryDirectory folder_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(DetectorJob, TellsItsFiveLossesAndTheNumbersOfItsEvaluations) {
  ASSERT_EQ(toText(config().issues), "");
  const Finished finished = trained("run");
  const auto steps = finished.ofKind("step");
  ASSERT_EQ(steps.size(), 8U);
  for (const auto& step : steps) {
    double sum = 0;
    for (const char* term : {"loss/rpn_class", "loss/rpn_box", "loss/class", "loss/box", "loss/mask"}) {
      ASSERT_TRUE(step.contains(term)) << term;
      const auto value = step[term].get<double>();
      EXPECT_TRUE(std::isfinite(value)) << term;
      sum += value;
    }
    EXPECT_GT(step["loss/mask"].get<double>(), 0.0);
    EXPECT_NEAR(step["loss"].get<double>(), sum, 1e-5 * sum);
  }
  EXPECT_EQ(steps.front()["lambda"], 1.0);
  EXPECT_EQ(steps.back()["lambda"], 0.0);
  const auto evaluations = finished.ofKind("eval");
  ASSERT_EQ(evaluations.size(), 2U);
  EXPECT_EQ(evaluations[0]["step"], 4);
  for (const auto& evaluation : evaluations) {
    EXPECT_EQ(evaluation["box_stats"].size(), 12U);
    EXPECT_EQ(evaluation["mask_stats"].size(), 12U);
    EXPECT_EQ(evaluation["box_ap"], evaluation["box_stats"][0]);
    EXPECT_GE(evaluation["box_ap"].get<double>(), 0.0);
    EXPECT_EQ(evaluation["images"], 4);
    EXPECT_FALSE(evaluation.contains("top1"));
  }

  RunReader reader{RunDirectory(folder_ / "run")};
  std::map<std::string, std::int64_t> points;
  for (const auto& series : reader.series()) points[series.name] = reader.pointCount(series.id);
  EXPECT_EQ(points["loss/rpn_class"], 8);
  EXPECT_EQ(points["loss/mask"], 8);
  for (const char* name :
       {"val/box_ap", "val/box_ap50", "val/box_ap75", "val/mask_ap", "val/mask_ap50", "val/mask_ap75"}) {
    EXPECT_EQ(points[name], 2) << name;
  }
  EXPECT_FALSE(points.contains("top1"));
  auto state = reader.state();
  EXPECT_EQ(state["model"], "mask_rcnn_scenes");
  EXPECT_EQ(state["score"], "mask_ap");
  EXPECT_NEAR(std::stod(state["top1"]), 100 * evaluations[1]["mask_ap"].get<double>(), 1e-9);
  EXPECT_NEAR(reader.checkpoints().back().top1, 100 * evaluations[1]["mask_ap"].get<double>(), 1e-9);
}

TEST_F(DetectorJob, LearnsToTellBrightThingsFromTheirGround) {
  const Finished finished = trained("run", {"train.steps=40", "train.eval_every=0", "prepbn.lambda_end=30"});
  const auto steps = finished.ofKind("step");
  double first = 0, last = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    first += steps[i]["loss"].get<double>();
    last += steps[steps.size() - 1 - i]["loss"].get<double>();
  }
  EXPECT_LT(last, 0.8 * first);
}

TEST_F(DetectorJob, StoppedWithinAnEpochItGoesOnBitForBit) {
  trained("straight", {"train.eval_every=0"});
  const fs::path run = folder_ / "stopped";
  const Finished stopped = train(newRun(config({"train.eval_every=0"}), run), [](TrainSession& session, const Json& e) {
    if (e["event"] == "step" && e["step"] == 2) session.command("stop");
  });
  ASSERT_EQ(stopped.outcome.state, RunState::Stopped) << stopped.outcome.reason;
  const Finished goneOn = train(resumed(run));
  ASSERT_EQ(goneOn.outcome.state, RunState::Done) << goneOn.outcome.reason;
  EXPECT_EQ(goneOn.ofKind("step").front()["step"], 3);
  expectSameRun(run, folder_ / "straight", 8);
}

TEST_F(DetectorJob, ItsLastEvaluationCutShortIsMadeUp) {
  trained("straight");
  const fs::path run = folder_ / "stopped";
  const Finished stopped = train(newRun(config(), run), [](TrainSession& session, const Json& e) {
    if (e["event"] == "step" && e["step"] == 7) session.command("stop");
  });
  ASSERT_EQ(stopped.outcome.state, RunState::Stopped) << stopped.outcome.reason;
  EXPECT_EQ(stopped.ofKind("eval").size(), 1U);
  const Finished goneOn = train(resumed(run));
  ASSERT_EQ(goneOn.outcome.state, RunState::Done) << goneOn.outcome.reason;
  EXPECT_TRUE(goneOn.ofKind("step").empty());
  EXPECT_EQ(goneOn.ofKind("eval").size(), 1U);
  expectSameRun(run, folder_ / "straight", 8);
}

TEST_F(DetectorJob, AnEvaluationsFileOfResultsGivesItsNumbersAgain) {
  const Finished finished = trained("run");
  auto asked = request("run");
  asked.results = (folder_ / "results.json").string();
  std::int64_t lastDone = 0;
  asked.onProgress = [&](std::int64_t done, std::int64_t total) {
    EXPECT_GT(done, lastDone);
    EXPECT_EQ(total, 4);
    lastDone = done;
  };
  ASSERT_TRUE(jobs::isDetector(asked.source));
  const auto report = jobs::evaluateDetector(asked);
  EXPECT_EQ(lastDone, 4);
  EXPECT_FALSE(report.isStopped);
  EXPECT_TRUE(report.boxes.isComplete());
  EXPECT_GT(report.detections, 0);
  EXPECT_TRUE(report.warnings.empty()) << report.warnings.front();
  const auto evaluation = finished.ofKind("eval").back();
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(report.boxes.stats[i], evaluation["box_stats"][i].get<double>()) << i;
    EXPECT_EQ(report.masks.stats[i], evaluation["mask_stats"][i].get<double>()) << i;
  }

  const coco::CocoSet set = coco::loadAnnotations(annotations("val").string());
  for (const auto of : {coco::OverlapOf::Boxes, coco::OverlapOf::Masks}) {
    const auto detections = coco::readResults(asked.results, set, of).detections;
    EXPECT_EQ(static_cast<std::int64_t>(detections.size()), report.detections);
    coco::EvaluationOptions options;
    options.of = of;
    options.threads = 2;
    EXPECT_EQ(coco::evaluate(set, detections, options).stats,
              (of == coco::OverlapOf::Boxes ? report.boxes : report.masks).stats);
  }

  auto folded = request("run");
  folded.source.folded = true;
  const auto foldedReport = jobs::evaluateDetector(folded);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(foldedReport.boxes.stats[i], report.boxes.stats[i], 1e-3) << i;
    EXPECT_NEAR(foldedReport.masks.stats[i], report.masks.stats[i], 1e-3) << i;
  }
}

TEST_F(DetectorJob, AStopKeepsTheNumbersOfTheFirstImages) {
  trained("run", {"train.steps=2", "train.eval_every=0", "prepbn.lambda_end=1"});
  std::stop_source stop;
  auto asked = request("run");
  asked.results = (folder_ / "results.json").string();
  asked.stop = stop.get_token();
  asked.onProgress = [&](std::int64_t, std::int64_t) { stop.request_stop(); };
  const auto report = jobs::evaluateDetector(asked);
  EXPECT_TRUE(report.isStopped);
  EXPECT_EQ(report.boxes.images, 2) << "a batch";
  EXPECT_EQ(report.boxes.allImages, 4);
  EXPECT_FALSE(report.boxes.isComplete());
  std::set<std::int64_t> seen;
  for (const auto& result : readJson(asked.results)) seen.insert(result["image_id"].get<std::int64_t>());
  for (const auto id : seen) EXPECT_LE(id, 106) << "the first two by id are 103 and 106";
}

TEST_F(DetectorJob, ABrokenSetIsRefusedInOneMessageAndNothingIsStarted) {
  EXPECT_TRUE(contains(refusal({"detector.classes=80"}), "set detector.classes to 3"));
  EXPECT_TRUE(contains(refusal({"data.annotations=" + (folder_ / "none.json").string()}), "none.json"));
  EXPECT_TRUE(contains(refusal({"train.batch=64"}), "larger than the training set"));
  EXPECT_TRUE(contains(refusal({"ema.decay=0.9"}), "ema.decay"));
  auto val = readJson(annotations("val"));
  val["categories"][0]["id"] = 4;
  for (auto& annotation : val["annotations"]) {
    if (annotation["category_id"] == 5) annotation["category_id"] = 4;
  }
  writeJson(annotations("val"), val);
  EXPECT_TRUE(contains(refusal(), "must have the same categories"));
  auto set = readJson(annotations("train"));
  set["annotations"][3]["image_id"] = 999999;
  writeJson(annotations("train"), set);
  EXPECT_TRUE(contains(refusal(), "999999"));
  std::ofstream(annotations("train")) << "{\"images\": [";
  EXPECT_FALSE(refusal().empty());
}

TEST_F(DetectorJob, ImagesThatCantBeReadAreSkippedAndNamedInTheRun) {
  fs::remove(folder_ / "train/4.png");
  fs::remove(folder_ / "val/1.png");
  const Finished finished = trained("run");
  RunReader reader{RunDirectory(folder_ / "run")};
  std::vector<std::string> named;
  for (const auto& event : reader.events()) {
    if (event.kind == "skipped") named.push_back(Json::parse(event.json)["name"].get<std::string>());
  }
  ASSERT_EQ(named.size(), 2U);
  EXPECT_EQ(finished.ofKind("eval").back()["images"], 3);
  const auto report = jobs::evaluateDetector(request("run"));
  EXPECT_EQ(report.boxes.images, 3);
  EXPECT_FALSE(report.isStopped);
  ASSERT_EQ(report.warnings.size(), 2U);
  EXPECT_TRUE(contains(report.warnings[0], "val/1.png can't be opened")) << report.warnings[0];
  EXPECT_TRUE(contains(report.warnings[1], "could not be read: 1, ")) << report.warnings[1];

  std::string total;
  for (const auto& event : reader.events()) {
    if (event.kind == "skipped_total") total += event.json;
  }
  EXPECT_EQ(total, R"({"count":2})") << "told once, at the end";
}

TEST_F(DetectorJob, WhatAnEvaluationCantFindIsTold) {
  auto val = readJson(annotations("val"));
  val["annotations"][0]["id"] = 0;
  writeJson(annotations("val"), val);
  std::mutex mutex;
  std::string log;
  const LogSink before = setLogSink([&](LogLevel, std::string_view line) {
    const std::lock_guard lock(mutex);
    log.append(line).append("\n");
  });
  trained("run", {"train.steps=2", "train.eval_every=0", "prepbn.lambda_end=1"});
  setLogSink(before);
  const std::string notice = "records with the fault zero_id: 1, which COCO's evaluation never finds";
  EXPECT_TRUE(contains(log, notice)) << log;
  const auto report = jobs::evaluateDetector(request("run"));
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_TRUE(contains(report.warnings[0], notice)) << report.warnings[0];
}

TEST_F(DetectorJob, ResultsThatHaveNoPlaceAreRefusedBeforeTheModelIsOpened) {
  auto asked = request("run");  // which does not exist: the place is looked at first
  for (const auto& [results, why] :
       {std::pair{folder_ / "none/results.json", "there is no folder"}, std::pair{folder_.path(), "it is a folder"}}) {
    asked.results = results.string();
    try {
      (void)jobs::evaluateDetector(asked);
      ADD_FAILURE() << results;
    } catch (const Error& error) {
      EXPECT_TRUE(contains(error.what(), why)) << error.what();
    }
  }
}

TEST_F(DetectorJob, ResultsThatCantBeWrittenAtTheEndLeaveTheNumbers) {
  trained("run", {"train.steps=2", "train.eval_every=0", "prepbn.lambda_end=1"});
  auto asked = request("run");
  fs::create_directory(folder_ / "results");
  asked.results = (folder_ / "results/file.json").string();
  asked.onProgress = [&](std::int64_t, std::int64_t) { fs::remove(folder_ / "results"); };
  const auto report = jobs::evaluateDetector(asked);
  EXPECT_TRUE(contains(report.unwritten, "file.json")) << report.unwritten;
  EXPECT_EQ(report.boxes.images, 4);
  asked.results.clear();
  asked.onProgress = nullptr;
  EXPECT_EQ(report.boxes.stats, jobs::evaluateDetector(asked).boxes.stats);
}

TEST_F(DetectorJob, ABranchKeepsTheHeadsOfItsDetector) {
  trained("parent", {"train.eval_every=0"});
  const auto branch = [&](const std::string& run, const std::vector<std::string>& overrides) {
    TrainRequest request = newRun(config(overrides), folder_ / run);
    request.from = CheckpointName{folder_ / "parent", std::nullopt};
    return train(std::move(request)).outcome;
  };
  const auto longer = branch("longer", {"train.steps=9", "train.eval_every=0"});
  EXPECT_EQ(longer.state, RunState::Done) << longer.reason;
  const auto other = branch("other", {"train.steps=9", "detector.hidden=64"});
  EXPECT_EQ(other.state, RunState::Failed);
  EXPECT_TRUE(contains(other.reason, "detector.hidden is 64 here and 32 in")) << other.reason;
}

TEST_F(DetectorJob, ShowsTheAttentionOfItsBackboneOverAnyImage) {
  trained("run", {"train.steps=2", "train.eval_every=0", "prepbn.lambda_end=1"});
  AttentionRequest asked;
  asked.source.checkpoint = (folder_ / "run").string();
  asked.image.split = "val";
  asked.image.index = 0;
  // 48 x 64 pixels become 64 x 85, filled up to 64 x 96: 24 rows of 16 patches, in windows of 8 and 7.
  for (const int layer : {0, 1, 2, 3, 4}) {
    asked.layer = layer;
    asked.query = 0;
    const Message reply = jobs::attentionMap(asked, 7);
    const auto map = unpack<AttentionMap>(reply);
    ASSERT_EQ(map.layers.size(), 5U);
    const AttentionLayer& shown = map.layers[static_cast<std::size_t>(layer)];
    const int stride = 4 << shown.stage;
    EXPECT_EQ(map.gridHeight, 96 / stride);
    EXPECT_EQ(map.gridWidth, 64 / stride);
    const WireArray* attention = reply.find("attention");
    ASSERT_NE(attention, nullptr);
    EXPECT_EQ(attention->shape, (std::vector<std::int64_t>{shown.heads, map.gridHeight, map.gridWidth}));
    for (const double sum : map.rowSums) EXPECT_NEAR(sum, 1.0, 1e-3) << shown.name;
    EXPECT_EQ(reply.find("depthwise") != nullptr, shown.kind == "linear");
    EXPECT_EQ(reply.find("image")->shape, (std::vector<std::int64_t>{96, 64, 3}));
  }
  asked.image.index = 99;
  EXPECT_THROW((void)jobs::attentionMap(asked, 8), Error);
}

TEST_F(DetectorJob, IsImportedFromAFileUnderMmdetsNames) {
  // The registered one with three classes, as it begins.
  LoadedConfig made =
      loadConfig({.preset = "mask_rcnn_scenes",
                  .text = "",
                  .fileName = "",
                  .overrides = {"data.root=" + folder_.path().string(), "detector.classes=3", "data.sides=64",
                                "train.steps=1", "train.batch=2", "threads=1", "train.eval_every=0",
                                "prepbn.lambda_end=0", "device=cpu", "optim.warmup=0"}});
  const Finished finished = train(newRun(made, folder_ / "own"));
  ASSERT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
  ImportRequest request;
  request.path = (folder_ / "own/checkpoints/step-00000001/model.safetensors").string();
  request.output = (folder_ / "imported").string();
  const ImportReport report = jobs::importWeights(request, {});
  EXPECT_TRUE(report.complete) << (report.missing.empty() ? "" : report.missing.front());
  EXPECT_EQ(report.model, "mask_rcnn_scenes");
  EXPECT_EQ(report.recognizedBy, "keys");
  EXPECT_EQ(report.classes, 3);

  jobs::DetectorRequest original = this->request("own");
  jobs::DetectorRequest imported = this->request("imported");
  imported.source.settings = {{"data.root", folder_.path().string()}, {"data.sides", "64"}};
  EXPECT_EQ(jobs::evaluateDetector(imported).boxes.stats, jobs::evaluateDetector(original).boxes.stats);

  request.output.clear();
  request.model = "slab_swin_t";
  EXPECT_THROW((void)jobs::importWeights(request, {}), Error) << "a classifier's name for a whole detector";
}

TEST_F(DetectorJob, WhatIsForClassifiersSaysSo) {
  trained("run", {"train.steps=2", "train.eval_every=0", "prepbn.lambda_end=1"});
  ModelSource source;
  source.checkpoint = (folder_ / "run").string();
  const auto messageOf = [](const std::function<void()>& action) -> std::string {
    try {
      action();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_TRUE(contains(messageOf([&] { (void)jobs::evaluateModel(source); }), "trains a detector"));
  RecalibrateRequest recalibration;
  recalibration.run = source.checkpoint;
  EXPECT_TRUE(contains(messageOf([&] { (void)jobs::recalibrate(recalibration, {}); }), "for classifiers"));
}

}  // namespace
}  // namespace slab::testing
