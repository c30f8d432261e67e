// `slab launch`: several processes, one training.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>

#include "core/formats/safetensors.h"
#include "core/jobs/tiny_detector.h"
#include "core/jobs/tiny_run.h"
#include "core/store/run_directory.h"
#include "core/store/run_reader.h"
#include "e2e/program.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSteps = 24;

/// The values of a float32 tensor of a file.
std::vector<float> floatsOf(const TensorView& view) {
  std::vector<float> values(view.bytes.size() / sizeof(float));
  std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  return values;
}

/// Largest difference of two files' float tensors.
double largestDifference(const fs::path& a, const fs::path& b) {
  const SafetensorsFile first = SafetensorsFile::open(a.string()), second = SafetensorsFile::open(b.string());
  EXPECT_EQ(first.tensors().size(), second.tensors().size());
  double largest = 0;
  for (const auto& tensor : first.tensors()) {
    if (tensor.type != ElementType::F32) continue;
    const auto x = floatsOf(tensor), y = floatsOf(*second.find(tensor.name));
    for (std::size_t i = 0; i < x.size(); ++i) largest = std::max(largest, std::abs(double{x[i]} - y[i]));
  }
  return largest;
}

void expectSameTensors(const fs::path& a, const fs::path& b) {
  const SafetensorsFile first = SafetensorsFile::open(a.string()), second = SafetensorsFile::open(b.string());
  ASSERT_EQ(first.tensors().size(), second.tensors().size());
  for (const auto& tensor : first.tensors()) {
    const TensorView* other = second.find(tensor.name);
    ASSERT_NE(other, nullptr) << tensor.name;
    EXPECT_TRUE(std::ranges::equal(tensor.bytes, other->bytes)) << tensor.name << " differs";
  }
}

class LaunchProgram : public ::testing::Test {
 protected:
  LaunchProgram() {
    writeTinyData(folder_.path());
    std::ofstream(folder_ / "config.json") << toJsonText(tinyConfig(folder_.path()).config);
  }

  /// Statistics over all processes, and nothing that is drawn for a batch as a whole.
  [[nodiscard]] std::vector<std::string> train(const std::string& run, std::vector<std::string> settings = {}) const {
    for (const char* setting : {"prepbn.statistics=synchronized", "model.drop_path=0", "train.steps=24",
                                "prepbn.lambda_end=20", "train.checkpoint_every=5"}) {
      settings.insert(settings.begin(), setting);
    }
    return withSettings(
        {"train", "--config", (folder_ / "config.json").string(), "--run", (folder_ / run).string(), "--json"},
        settings);
  }
  [[nodiscard]] std::vector<std::string> resume(const std::string& run) const {
    return {"train", "--run", (folder_ / run).string(), "--resume", "--json"};
  }
  static std::vector<std::string> launched(std::vector<std::string> arguments, int processes = 2) {
    const std::vector<std::string> launch{"launch", "--nproc", std::to_string(processes), "--"};
    arguments.insert(arguments.begin(), launch.begin(), launch.end());
    return arguments;
  }
  [[nodiscard]] ProgramResult slab(const std::vector<std::string>& arguments) const {
    return runSlab(arguments, folder_.path());
  }
  [[nodiscard]] fs::path lastCheckpoint(const std::string& run) const {
    const RunDirectory directory(folder_ / run);
    return directory.path() / RunReader(directory).checkpoints().back().path;
  }
  /// What `slab eval`, one process, says of a run's newest checkpoint.
  [[nodiscard]] Json evaluated(const std::string& run, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"eval", "--run", (folder_ / run).string(), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = slab(arguments);
    EXPECT_EQ(result.exitCode, 0) << result.err;
    return Json::parse(result.out);
  }
  /// A detector's training over `images` validation images.
  [[nodiscard]] std::vector<std::string> trainDetector(const std::string& run, std::int64_t images,
                                                       const std::vector<std::string>& settings) const {
    writeTinyCoco(folder_ / "scenes", 10, images);
    const fs::path config = folder_ / "detector.json";
    std::ofstream(config) << toJsonText(tinyDetectorConfig(folder_ / "scenes", {"train.accumulate=1"}).config);
    return withSettings({"train", "--config", config.string(), "--run", (folder_ / run).string(), "--json"}, settings);
  }
  static std::vector<std::string> endless() {
    return {"train.batch=2", "train.steps=1000000", "prepbn.lambda_end=80%", "train.eval_every=0"};
  }

  TemporaryDirectory folder_;
};

/// The processes that a launcher has started, in the order of their ranks.
std::vector<pid_t> workersOf(const Program& launcher) {
  const std::string pid = std::to_string(launcher.pid());
  std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
  std::vector<pid_t> pids;
  for (pid_t child = 0; children >> child;) pids.push_back(child);
  return pids;
}

TEST_F(LaunchProgram, TwoProcessesWithSynchronizedStatisticsTrainAsOneWithTheDoubledBatch) {
  const auto one = slab(train("one", {"train.batch=4"}));
  const auto two = slab(launched(train("two", {"train.batch=2"})));
  ASSERT_EQ(one.exitCode, 0) << one.err;
  ASSERT_EQ(two.exitCode, 0) << two.err;
  const auto expected = one.events("step"), steps = two.events("step");
  ASSERT_EQ(steps.size(), static_cast<std::size_t>(kSteps));
  ASSERT_EQ(expected.size(), steps.size());
  // Float32 sums in another order; AdamW makes more of it where a gradient is little else than rounding.
  for (std::size_t k = 0; k < steps.size(); ++k) {
    for (const char* value : {"loss", "grad_norm", "param_norm", "running_var_sum"}) {
      const double a = steps[k][value].get<double>(), b = expected[k][value].get<double>();
      EXPECT_NEAR(a, b, 1e-4 * std::abs(b)) << value << " of step " << k;
    }
  }
  const double difference =
      largestDifference(lastCheckpoint("two") / "model.safetensors", lastCheckpoint("one") / "model.safetensors");
  EXPECT_LE(difference, 1e-3) << "of weights that moved by up to 24 steps of 0.002";
  RecordProperty("largest difference", std::to_string(difference));
}

TEST_F(LaunchProgram, AKilledProcessEndsTheOthersAndTheResumedRunEndsWithTheSameBits) {
  const auto undisturbed = slab(launched(train("undisturbed", {"train.batch=2"})));
  ASSERT_EQ(undisturbed.exitCode, 0) << undisturbed.err;
  for (const std::size_t victim : {std::size_t{0}, std::size_t{1}}) {
    SCOPED_TRACE("process " + std::to_string(victim));
    const std::string run = "run" + std::to_string(victim);
    Program program(launched(train(run, {"train.batch=2"})), folder_.path());
    ASSERT_TRUE(program.waitForOutput("\"step\":6,"));
    const auto workers = workersOf(program);
    ASSERT_EQ(workers.size(), 2U);
    ::kill(workers.at(victim), SIGKILL);
    const auto killed = program.wait();
    EXPECT_EQ(killed.exitCode, 1);
    const std::string words = "process " + std::to_string(victim) + " of 2 (pid " + std::to_string(workers.at(victim)) +
                              ") was ended by signal 9";
    EXPECT_NE(killed.err.find(words), std::string::npos) << killed.err;
    for (const pid_t worker : workers) EXPECT_NE(::kill(worker, 0), 0) << "still there: " << worker;

    // A plain resume goes on with as many processes; so does a launched one.
    const auto resumed = slab(victim == 0 ? resume(run) : launched(resume(run)));
    ASSERT_EQ(resumed.exitCode, 0) << resumed.err;
    EXPECT_GE(resumed.events("step").front()["step"], 5);
    for (const char* file : {"model.safetensors", "state.safetensors"}) {
      expectSameTensors(lastCheckpoint(run) / file, lastCheckpoint("undisturbed") / file);
    }
  }
}

TEST_F(LaunchProgram, ABranchTakesAsManyProcessesAsItsParentUnlessToldHowMany) {
  const std::vector<std::string> settings{"train.batch=2", "train.steps=6", "prepbn.lambda_end=4",
                                          "train.checkpoint_every=3"};
  ASSERT_EQ(slab(launched(train("parent", settings))).exitCode, 0);
  const auto branch = [&](const std::string& run) {
    return std::vector<std::string>{
        "train", "--run", (folder_ / run).string(), "--from", (folder_ / "parent").string() + "@3", "--json"};
  };
  const auto plain = slab(branch("plain"));
  ASSERT_EQ(plain.exitCode, 0) << plain.err;
  EXPECT_EQ(RunReader{RunDirectory(folder_ / "plain")}.state()["processes"], "2");
  EXPECT_EQ(plain.events("step").size(), 3U);
  for (const char* file : {"model.safetensors", "state.safetensors"}) {
    expectSameTensors(lastCheckpoint("plain") / file, lastCheckpoint("parent") / file);
  }
  const auto told = slab(launched(branch("told"), 1));
  ASSERT_EQ(told.exitCode, 0) << told.err;
  EXPECT_NE(told.err.find("number of processes differ"), std::string::npos) << told.err;
}

TEST_F(LaunchProgram, ProcessesWithTheirOwnStatisticsRepeatTheSameBits) {
  const std::vector<std::string> settings{"train.batch=2",   "prepbn.statistics=local", "model.drop_path=0.3",
                                          "ops.linear=auto", "train.steps=8",           "prepbn.lambda_end=6"};
  // The second takes the timed choices of the first from the machine's table.
  for (const char* run : {"a", "b"}) ASSERT_EQ(slab(launched(train(run, settings))).exitCode, 0);
  for (const char* file : {"model.safetensors", "state.safetensors"}) {
    expectSameTensors(lastCheckpoint("a") / file, lastCheckpoint("b") / file);
  }
}

// Five batches for two processes, whose own statistics differ: those of process 0 are evaluated.
TEST_F(LaunchProgram, AnEvaluationByAllGivesTheNumbersOfOneProcess) {
  const auto result = slab(
      launched(train("run", {"train.batch=2", "prepbn.statistics=local", "ema.decay=0.9", "train.eval_every=12"})));
  ASSERT_EQ(result.exitCode, 0) << result.err;
  const auto evaluations = result.events("eval");
  ASSERT_EQ(evaluations.size(), 2U) << "one process tells of them";
  const Json& last = evaluations.back();
  const Json alone = evaluated("run"), average = evaluated("run", {"--ema"});
  EXPECT_EQ(alone["images"], 10);
  EXPECT_EQ(last["top1"], alone["top1"]);
  EXPECT_EQ(last["top5"], alone["top5"]);
  EXPECT_NEAR(last["loss"].get<double>(), alone["loss"].get<double>(), 1e-6);
  EXPECT_EQ(last["top1_ema"], average["top1"]);
  EXPECT_NEAR(last["loss_ema"].get<double>(), average["loss"].get<double>(), 1e-6);
}

TEST_F(LaunchProgram, TheStatisticsPassIsScoredByAllAndTakenOnce) {
  const auto result =
      slab(launched(train("run", {"train.batch=2", "prepbn.statistics=local", "prepbn.recalibrate=3"})));
  ASSERT_EQ(result.exitCode, 0) << result.err;
  ASSERT_EQ(result.events("recalibration").size(), 1U);
  const Json pass = result.events("recalibration").at(0), last = result.events("eval").back();
  EXPECT_EQ(pass["top1_before"], last["top1"]);
  EXPECT_EQ(pass["loss_before"], last["loss"]);
  const Json alone = evaluated("run");
  EXPECT_EQ(pass["top1_after"], alone["top1"]);
  EXPECT_NEAR(pass["loss_after"].get<double>(), alone["loss"].get<double>(), 1e-6);

  const auto again = slab(launched(resume("run")));
  EXPECT_EQ(again.exitCode, 0) << again.err;
  EXPECT_TRUE(again.events("recalibration").empty());
}

// Two epochs are 12 steps of two processes, and would be 24 of one, at whose half lambda is not 0 yet.
TEST_F(LaunchProgram, RecalibratedOnRequestItFoldsAsBefore) {
  const auto trained = slab(launched(train("run", {"train.batch=2", "prepbn.statistics=local", "train.eval_every=0",
                                                   "train.steps=0", "train.epochs=2", "prepbn.lambda_end=80%"})));
  ASSERT_EQ(trained.exitCode, 0) << trained.err;
  ASSERT_EQ(trained.events("step").size(), 12U);
  const std::string run = (folder_ / "run").string();
  const auto pass = slab({"recalibrate", "--run", run, "--batches", "2"});
  ASSERT_EQ(pass.exitCode, 0) << pass.err;
  const auto fold = slab({"fold", "--run", run});
  EXPECT_EQ(fold.exitCode, 0) << fold.err;
}

TEST_F(LaunchProgram, ADetectorsTwelveNumbersAreThoseOfOneProcess) {
  const auto result = slab(launched(trainDetector("run", 7, {"train.steps=4", "prepbn.lambda_end=3"})));
  ASSERT_EQ(result.exitCode, 0) << result.err;
  const auto evaluations = result.events("eval");
  ASSERT_EQ(evaluations.size(), 1U);
  const Json alone = evaluated("run");
  EXPECT_GT(alone["detections"].get<int>(), 0);
  EXPECT_EQ(evaluations[0]["images"], 7);
  EXPECT_EQ(evaluations[0]["box_stats"], alone["boxes"]["stats"]);
  EXPECT_EQ(evaluations[0]["mask_stats"], alone["masks"]["stats"]);
}

TEST_F(LaunchProgram, WhatAnyProcessSkippedStandsInTheRun) {
  const auto training = trainDetector("run", 4, {"train.steps=2", "prepbn.lambda_end=1"});
  fs::remove(folder_ / "scenes/val/1.png");  // in the second batch by id, which process 1 evaluates
  const auto result = slab(launched(training));
  ASSERT_EQ(result.exitCode, 0) << result.err;
  RunReader reader{RunDirectory(folder_ / "run")};
  std::string skipped, total;
  for (const auto& event : reader.events()) {
    if (event.kind == "skipped") skipped += event.json + "\n";
    if (event.kind == "skipped_total") total += event.json;
  }
  EXPECT_NE(skipped.find("val/1.png"), std::string::npos) << skipped;
  EXPECT_EQ(total, R"({"count":1})");
}

// Process 1 alone is told, while all of them look at hundreds of images.
TEST_F(LaunchProgram, AStopWithinAnEvaluationEndsItInAll) {
  Program program(launched(trainDetector("run", 400, {"train.eval_every=1"})), folder_.path());
  ASSERT_TRUE(program.waitForOutput("\"step\":0,"));
  ::kill(workersOf(program).at(1), SIGTERM);
  const auto result = program.wait();
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_EQ(result.lines().back()["status"], "stopped");
  EXPECT_TRUE(result.events("eval").empty());
  EXPECT_EQ(result.events("checkpoint").back()["step"], 1);
}

TEST_F(LaunchProgram, AStopReachesAllAndLeavesACheckpoint) {
  for (const bool bySignal : {true, false}) {
    const std::string run = bySignal ? "signalled" : "asked";
    Program program(launched(train(run, endless())), folder_.path());
    ASSERT_TRUE(program.waitForOutput("\"step\":7,"));
    if (bySignal) {
      program.signal(SIGTERM);
    } else {
      fs::create_directories(folder_ / "commands");
      EXPECT_EQ(runSlab({"runs", "pause", (folder_ / run).string()}, folder_ / "commands").exitCode, 0);
      EXPECT_EQ(runSlab({"runs", "resume", (folder_ / run).string()}, folder_ / "commands").exitCode, 0);
      const auto shown = runSlab({"runs", "show", (folder_ / run).string()}, folder_ / "commands");
      EXPECT_NE(shown.out.find("2 processes"), std::string::npos) << shown.out;
      EXPECT_EQ(runSlab({"runs", "stop", (folder_ / run).string()}, folder_ / "commands").exitCode, 0);
    }
    const auto result = program.wait();
    EXPECT_EQ(result.exitCode, 0) << result.err;
    EXPECT_EQ(result.lines().back()["status"], "stopped");
    EXPECT_EQ(result.events("end").size(), 1U) << "one process tells of the run";
    EXPECT_EQ(result.events("checkpoint").back()["step"], result.events("step").back()["step"].get<std::int64_t>() + 1);
  }
}

TEST_F(LaunchProgram, ASignalToOneProcessStopsAll) {
  Program program(launched(train("run", endless())), folder_.path());
  ASSERT_TRUE(program.waitForOutput("\"step\":7,"));
  ::kill(workersOf(program).at(1), SIGTERM);
  const auto result = program.wait();
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_EQ(result.lines().back()["status"], "stopped");
}

TEST_F(LaunchProgram, WithoutTheLauncherTheyStopWithACheckpoint) {
  Program program(launched(train("run", endless())), folder_.path());
  ASSERT_TRUE(program.waitForOutput("\"step\":7,"));
  program.signal(SIGKILL);
  program.wait();
  ASSERT_TRUE(program.waitForOutput("\"status\":\"stopped\""));
}

TEST_F(LaunchProgram, ANaNInOneProcessEndsAllAndSaysWhere) {
  writeTinyData(folder_.path(), 10);  // in the batch that process 1 takes for step 2
  const auto result = slab(launched(train("run", {"train.batch=2", "model.drop_path=0"})));
  EXPECT_EQ(result.exitCode, 1);
  EXPECT_EQ(result.lines().back()["status"], "failed");
  EXPECT_NE(result.err.find("process 1: the loss is not finite at step 2"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("first at fault: the images"), std::string::npos) << result.err;
  ASSERT_EQ(result.events("non_finite").size(), 1U);
  const Json report = result.events("non_finite").front();
  EXPECT_EQ(report["process"], 1);
  EXPECT_EQ(report["cause"], "image");
  ASSERT_EQ(report["batch"].size(), 2U);
  EXPECT_EQ(report["batch"][0]["index"], 10);
  EXPECT_EQ(Json::parse(contentOf(folder_ / "run/non_finite.json")), report);
  EXPECT_NE(result.lines().back()["reason"].get<std::string>().find("process 1: the loss"), std::string::npos);
}

TEST_F(LaunchProgram, AnotherNumberOfProcessesIsRefusedWithTheRightCommand) {
  ASSERT_EQ(slab(launched(train("run", {"train.batch=2", "train.steps=4", "prepbn.lambda_end=4"}))).exitCode, 0);
  const auto three = slab(launched(resume("run"), 3));
  EXPECT_EQ(three.exitCode, 1);
  EXPECT_NE(three.err.find("slab launch --nproc 2 -- train"), std::string::npos) << three.err;
}

TEST_F(LaunchProgram, WrongUsageExitsWithTwo) {
  EXPECT_EQ(slab({"launch"}).exitCode, 2);
  EXPECT_EQ(slab({"launch", "--nproc", "2"}).exitCode, 2);
  EXPECT_EQ(slab({"launch", "--nproc", "0", "--", "train"}).exitCode, 2);
  EXPECT_EQ(slab({"launch", "--nproc", "2", "--", "eval"}).exitCode, 2);
  EXPECT_EQ(slab({"launch", "--nproc", "2", "--", "train", "--no-such-option"}).exitCode, 2);
  EXPECT_EQ(slab({"launch", "--help"}).exitCode, 0);
  auto restarted = train("run");
  restarted.insert(restarted.end(), {"--restarts", "2"});
  const auto refused = slab(launched(restarted));
  EXPECT_EQ(refused.exitCode, 2);
  EXPECT_NE(refused.err.find("--restarts"), std::string::npos) << refused.err;
  EXPECT_FALSE(fs::exists(folder_ / "run"));
  // Without the dashes as well.
  const auto result = slab({"launch", "--nproc", "1", "train", "--run", (folder_ / "absent").string(), "--resume"});
  EXPECT_EQ(result.exitCode, 1);
  EXPECT_NE(result.err.find("absent"), std::string::npos) << result.err;
}

TEST_F(LaunchProgram, TheVariablesOfTorchrunAreEnough) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t length = sizeof address;
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length), 0);
  ::close(descriptor);
  std::vector<std::unique_ptr<Program>> programs;
  for (const char* rank : {"0", "1"}) {
    const fs::path outputs = folder_ / (std::string("outputs") + rank);
    fs::create_directories(outputs);
    programs.push_back(std::make_unique<Program>(
        train("run", {"train.batch=2", "train.steps=4", "prepbn.lambda_end=4"}), outputs,
        std::map<std::string, std::string>{{"RANK", rank},
                                           {"LOCAL_RANK", rank},
                                           {"WORLD_SIZE", "2"},
                                           {"LOCAL_WORLD_SIZE", "2"},
                                           {"MASTER_ADDR", "127.0.0.1"},
                                           {"MASTER_PORT", std::to_string(ntohs(address.sin_port))}}));
  }
  const auto first = programs[0]->wait(), second = programs[1]->wait();
  EXPECT_EQ(first.exitCode, 0) << first.err;
  EXPECT_EQ(second.exitCode, 0) << second.err;
  EXPECT_EQ(first.events("step").size(), 4U);
  EXPECT_EQ(second.out, "") << "process 0 tells it all";
}

}  // namespace
}  // namespace slab::testing
