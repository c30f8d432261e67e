// Trainings into which an infinity is planted: the report names layer, channel, step and batch.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <limits>

#include "core/formats/checkpoint.h"
#include "core/formats/safetensors.h"
#include "core/jobs/tiny_run.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Overwrites one float of a safetensors file: the first of slice `channel` of the first dimension.
void plant(const fs::path& file, const std::string& tensor, std::int64_t channel, float value = kInfinity) {
  const SafetensorsFile tensors = SafetensorsFile::open(file.string());
  const TensorView* view = tensors.find(tensor);
  ASSERT_NE(view, nullptr) << tensor;
  const std::size_t slice = view->bytes.size() / static_cast<std::size_t>(view->shape.at(0));
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(view->fileOffset + static_cast<std::size_t>(channel) * slice));
  stream.write(reinterpret_cast<const char*>(&value), sizeof value);
}

class NonFiniteJob : public ::testing::Test {
 protected:
  NonFiniteJob() {
    writeTinyData(folder_.path());
    const Finished finished = train(newRun(config(), folder_ / "whole"));
    EXPECT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
    fs::copy_file(checkpoint(folder_ / "whole", 6) / "model.safetensors", weights_);
  }
  [[nodiscard]] LoadedConfig config(std::vector<std::string> overrides = {}) const {
    overrides.emplace_back("train.checkpoint_every=6");
    return tinyConfig(folder_.path(), overrides);
  }
  static fs::path checkpoint(const fs::path& run, std::int64_t step) { return RunDirectory(run).checkpoint(step); }
  Finished trainFromWeights(const std::vector<std::string>& overrides = {}) {
    std::vector<std::string> all{"train.init=" + weights_.string()};
    all.insert(all.end(), overrides.begin(), overrides.end());
    return train(newRun(config(all), folder_ / "run"));
  }
  static Json reportOf(const Finished& finished) {
    const auto events = finished.ofKind("non_finite");
    EXPECT_EQ(events.size(), 1U) << finished.outcome.reason;
    return events.empty() ? Json::object() : events.front();
  }

  TemporaryDirectory folder_;
  fs::path weights_ = folder_ / "weights.safetensors";
};

TEST_F(NonFiniteJob, AnInfinityInAWeightIsNamedWithLayerChannelStepAndBatch) {
  plant(weights_, "layers.1.blocks.0.mlp.fc1.weight", 5);
  const Finished finished = trainFromWeights();
  EXPECT_EQ(finished.outcome.state, RunState::Failed);
  const Json report = reportOf(finished);
  EXPECT_EQ(report["step"], 0);
  EXPECT_EQ(report["cause"], "weight");
  EXPECT_EQ(report["layer"], "layers.1.blocks.0.mlp.fc1");
  EXPECT_EQ(report["tensor"], "weight");
  EXPECT_EQ(report["channel"], 5);
  EXPECT_EQ(report["channel_count"], 1);
  EXPECT_TRUE(report["finite_until"].is_null()) << "it was there from the start";
  ASSERT_EQ(report["batch"].size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(report["batch"][i]["index"], i);
    EXPECT_NE(report["batch"][i]["name"].get<std::string>().find("images.npy"), std::string::npos);
  }
  EXPECT_NE(finished.outcome.reason.find("the weight of layers.1.blocks.0.mlp.fc1, channel 5"), std::string::npos)
      << finished.outcome.reason;
}

TEST_F(NonFiniteJob, TheReportStandsInTheRunAndInAFile) {
  plant(weights_, "head.weight", 2);
  const Finished finished = trainFromWeights();
  const RunDirectory run(folder_ / "run");
  const Json file = Json::parse(readTextFile(run.path() / "non_finite.json"));
  EXPECT_EQ(file, reportOf(finished));
  bool isStored = false;
  for (const auto& event : RunReader(run).events())
    isStored |= event.kind == "non_finite" && Json::parse(event.json) == file;
  EXPECT_TRUE(isStored);
  EXPECT_TRUE(listCheckpoints(run.checkpoints().string()).empty()) << "nothing broken is saved";
}

TEST_F(NonFiniteJob, InTheMiddleOfARunTheStepAndItsOwnBatchAreNamed) {
  const fs::path folder = checkpoint(folder_ / "whole", 6);
  const std::string weights = contentOf(folder / "model.safetensors"), state = contentOf(folder / "state.safetensors");
  fs::remove_all(folder);
  plant(weights_, "layers.0.blocks.0.attn.qkv.weight", 40);
  CheckpointWriter writer((folder_ / "whole" / "checkpoints").string(), 6, "any");
  const auto add = [&](const char* name, const std::string& content) {
    writer.addFile(name, [&](ByteSink& sink) { sink.write(std::as_bytes(std::span(content))); });
  };
  add("model.safetensors", contentOf(weights_));
  add("state.safetensors", state);
  ASSERT_EQ(writer.commit().path, folder.string());

  TrainRequest request = resumed(folder_ / "whole");
  request.fromStep = 6;
  const Json report = reportOf(train(std::move(request)));
  EXPECT_EQ(report["step"], 6);
  EXPECT_EQ(report["batch_number"], 6);
  EXPECT_EQ(report["layer"], "layers.0.blocks.0.attn.qkv");
  EXPECT_EQ(report["channel"], 40);
  EXPECT_EQ(report["batch"][0]["index"], 0) << "batch 6 begins the second pass over 24 images";
}

TEST_F(NonFiniteJob, AStatisticThatTrainingNeverReadsIsFoundBeforeACheckpointHoldsIt) {
  plant(weights_, "norm.norm2.bn.running_var", 3);
  const Finished finished = trainFromWeights();
  const Json report = reportOf(finished);
  EXPECT_EQ(report["cause"], "statistic");
  EXPECT_EQ(report["layer"], "norm");
  EXPECT_EQ(report["tensor"], "norm2.bn.running_var");
  EXPECT_EQ(report["channel"], 3);
  EXPECT_EQ(report["step"], 0);
  EXPECT_TRUE(listCheckpoints(RunDirectory(folder_ / "run").checkpoints().string()).empty());
}

TEST_F(NonFiniteJob, ADivergenceSaysUntilWhenAllWasFinite) {
  const Finished finished = train(newRun(config({"optim.lr=1000", "optim.warmup=0"}), folder_ / "run"));
  EXPECT_EQ(finished.outcome.state, RunState::Failed);
  const Json report = reportOf(finished);
  EXPECT_GT(report["step"], 0) << "the first forward was of the initial weights";
  ASSERT_TRUE(report["finite_until"].is_number());
  EXPECT_LE(report["finite_until"].get<std::int64_t>(), report["step"].get<std::int64_t>());
  EXPECT_FALSE(report["tensor"].get<std::string>().empty());
}

TEST_F(NonFiniteJob, ABrokenImageIsNamedByItsPlace) {
  writeTinyData(folder_.path(), 9);
  const Json report = reportOf(train(newRun(config(), folder_ / "run")));
  EXPECT_EQ(report["cause"], "image");
  EXPECT_EQ(report["step"], 2);
  EXPECT_EQ(report["channel"], 1) << "the second image of the third batch";
  EXPECT_EQ(report["batch"][1]["index"], 9);
}

}  // namespace
}  // namespace slab::testing
