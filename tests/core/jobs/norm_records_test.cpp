// What a training with a watch of its norms leaves behind, and that it leaves everything else as it was.
#include <gtest/gtest.h>

#include "core/formats/checkpoint.h"
#include "core/formats/safetensors.h"
#include "core/jobs/tiny_run.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

class NormRecords : public ::testing::Test {
 protected:
  NormRecords() { writeTinyData(folder_.path()); }
  fs::path trained(const std::string& name, const std::vector<std::string>& overrides) {
    const Finished finished = train(newRun(tinyConfig(folder_.path(), overrides), folder_ / name));
    EXPECT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
    return folder_ / name;
  }
  TemporaryDirectory folder_;
};

std::vector<std::int64_t> stepsOf(const fs::path& run, const std::string& series) {
  RunReader reader{RunDirectory(run)};
  std::vector<std::int64_t> steps;
  for (const auto& info : reader.series()) {
    if (info.name != series) continue;
    for (const auto& chunk : reader.points(info.id, 0, 1000)) {
      steps.insert(steps.end(), chunk.steps.begin(), chunk.steps.end());
    }
  }
  return steps;
}

std::vector<std::string> normSeriesOf(const fs::path& run) {
  std::vector<std::string> names;
  for (const auto& info : RunReader(RunDirectory(run)).series()) {
    if (info.name.starts_with("norm/")) names.push_back(info.name);
  }
  return names;
}

TEST_F(NormRecords, EveryQuantityOfEveryNormIsASeries) {
  const auto run = trained("run", {"prepbn.watch_every=3", "prepbn.warmup=4", "prepbn.lambda_end=10"});
  const auto names = normSeriesOf(run);
  ASSERT_FALSE(names.empty());
  EXPECT_EQ(names.size() % 6, 0U);
  std::string layer = names.front().substr(5);
  layer.erase(layer.find('/'));
  const auto ofLayer = [&](const std::string& quantity) { return stepsOf(run, "norm/" + layer + "/" + quantity); };
  const std::vector<std::int64_t> watched{0, 3, 6, 9}, settled{6, 9};
  EXPECT_EQ(ofLayer("repbn_share"), watched);
  EXPECT_EQ(ofLayer("alpha"), watched);
  EXPECT_EQ(ofLayer("running_var_mean"), watched);
  EXPECT_EQ(ofLayer("running_var_min"), watched);
  EXPECT_EQ(ofLayer("running_var_max"), watched);
  EXPECT_EQ(ofLayer("distance"), settled) << "running statistics rest in the warm-up";
}

TEST_F(NormRecords, WatchingChangesNoBitOfTheTraining) {
  const auto plain = trained("plain", {"prepbn.watch_every=0"}), watched = trained("watched", {"prepbn.watch_every=1"});
  EXPECT_TRUE(normSeriesOf(plain).empty());
  EXPECT_FALSE(normSeriesOf(watched).empty());
  for (const char* name : {"model.safetensors", "state.safetensors"}) {
    const SafetensorsFile first = SafetensorsFile::open((RunDirectory(plain).checkpoint(12) / name).string());
    const SafetensorsFile second = SafetensorsFile::open((RunDirectory(watched).checkpoint(12) / name).string());
    ASSERT_EQ(first.tensors().size(), second.tensors().size());
    for (const auto& tensor : first.tensors()) {
      const TensorView* other = second.find(tensor.name);
      ASSERT_NE(other, nullptr) << tensor.name;
      EXPECT_TRUE(std::equal(tensor.bytes.begin(), tensor.bytes.end(), other->bytes.begin(), other->bytes.end()))
          << tensor.name << " differs";
    }
  }
}

TEST_F(NormRecords, AResumedTrainingWatchesTheSameSteps) {
  const auto run = folder_ / "run";
  const auto config = tinyConfig(folder_.path(), {"prepbn.watch_every=2", "train.checkpoint_every=6"});
  train(newRun(config, run), [](TrainSession& session, const Json& event) {
    if (event["event"] == "step" && event["step"] == 6) session.command("stop");
  });
  ASSERT_EQ(train(resumed(run)).outcome.state, RunState::Done);
  std::string layer = normSeriesOf(run).front().substr(5);
  layer.erase(layer.find('/'));
  EXPECT_EQ(stepsOf(run, "norm/" + layer + "/alpha"), (std::vector<std::int64_t>{0, 2, 4, 6, 8, 10}));
}

TEST_F(NormRecords, ALayerNormModelHasNoSeriesOfNorms) {
  EXPECT_TRUE(normSeriesOf(trained("run", {"model.norm=layer_norm", "prepbn.watch_every=1"})).empty());
}

}  // namespace
}  // namespace slab::testing
