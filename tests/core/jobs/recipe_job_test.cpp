// The recipe inside the trainer: accumulation, averaged weights, precision, recomputation, memory that ends.
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "core/base/rng.h"
#include "core/formats/checkpoint.h"
#include "core/formats/npy.h"
#include "core/formats/safetensors.h"
#include "core/jobs/infer_job.h"
#include "core/jobs/tiny_run.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

class RecipeJob : public ::testing::Test {
 protected:
  RecipeJob() { writeTinyData(folder_.path()); }

  Finished run(const std::string& name, const std::vector<std::string>& overrides) const {
    return train(newRun(tinyConfig(folder_.path(), overrides), folder_ / name));
  }
  Finished cutAt(const std::string& name, std::int64_t steps, const std::vector<std::string>& overrides) const {
    return train(newRun(tinyConfig(folder_.path(), overrides), folder_ / name),
                 [steps](TrainSession& session, const Json& event) {
                   if (event["event"] == "step" && event["step"] == steps - 1) session.command("stop");
                 });
  }
  [[nodiscard]] fs::path checkpoint(const std::string& name, std::int64_t step) const {
    return RunDirectory(folder_ / name).checkpoint(step);
  }
  void expectSameCheckpoint(const std::string& a, const std::string& b, std::int64_t step) const {
    for (const char* file : {"model.safetensors", "state.safetensors"}) {
      const auto first = SafetensorsFile::open((checkpoint(a, step) / file).string());
      const auto second = SafetensorsFile::open((checkpoint(b, step) / file).string());
      ASSERT_EQ(first.tensors().size(), second.tensors().size());
      for (const auto& tensor : first.tensors()) {
        const TensorView* other = second.find(tensor.name);
        ASSERT_NE(other, nullptr) << tensor.name;
        EXPECT_TRUE(std::equal(tensor.bytes.begin(), tensor.bytes.end(), other->bytes.begin(), other->bytes.end()))
            << tensor.name << " differs";
      }
    }
  }

  TemporaryDirectory folder_;
};

std::vector<double> valuesOf(const Finished& finished, const char* key) {
  std::vector<double> values;
  for (const auto& event : finished.ofKind("step")) values.push_back(event[key].get<double>());
  return values;
}

TEST_F(RecipeJob, AccumulationLeavesTheSchedulesAlone) {
  const Finished plain = run("plain", {}), accumulated = run("accumulated", {"train.batch=2", "train.accumulate=2"});
  ASSERT_EQ(accumulated.outcome.state, RunState::Done) << accumulated.outcome.reason;
  for (const char* key : {"step", "epoch", "lr", "lambda"}) {
    EXPECT_EQ(valuesOf(accumulated, key), valuesOf(plain, key)) << key;
  }
}

TEST_F(RecipeJob, WithoutBatchStatisticsFourBatchesOfFourAreOneOfSixteen) {
  const std::vector<std::string> independent{"model.norm=layer_norm", "model.drop_path=0", "optim.lr=0.0005"};
  auto whole = independent, parts = independent;
  whole.insert(whole.end(), {"train.batch=16"});
  parts.insert(parts.end(), {"train.batch=4", "train.accumulate=4"});
  const Finished one = run("one", whole), four = run("four", parts);
  ASSERT_EQ(four.outcome.state, RunState::Done) << four.outcome.reason;
  for (const char* key : {"loss", "grad_norm", "param_norm"}) {
    const auto expected = valuesOf(one, key), actual = valuesOf(four, key);
    ASSERT_EQ(actual.size(), 12U);
    for (std::size_t k = 0; k < 12; ++k) EXPECT_NEAR(actual[k], expected[k], 1e-4 * expected[k]) << key << " " << k;
  }
}

TEST_F(RecipeJob, AShortLastBatchCountsByItsImages) {
  // Twenty images: a step of sixteen and one of four, whole or in batches of eight.
  const auto losses = [&](const std::string& name, const std::vector<std::string>& batches) {
    std::vector<std::string> overrides{"data.type=fashion_mnist", "data.limit=20",     "data.drop_last=false",
                                       "data.augment=none",       "data.mean=[0.3]",   "data.std=[0.4]",
                                       "model.norm=layer_norm",   "model.drop_path=0", "model.image_size=28",
                                       "model.window=14",         "model.classes=10",  "train.steps=10"};
    overrides.insert(overrides.end(), batches.begin(), batches.end());
    const Finished finished = cutAt(name, 4, overrides);
    EXPECT_EQ(finished.outcome.state, RunState::Stopped) << finished.outcome.reason;
    return valuesOf(finished, "loss");
  };
  const auto whole = losses("whole", {"train.batch=16"});
  const auto parts = losses("parts", {"train.batch=8", "train.accumulate=2"});
  const auto uneven = losses("uneven", {"train.batch=6", "train.accumulate=3"});
  ASSERT_EQ(parts.size(), whole.size());
  for (std::size_t k = 0; k < whole.size(); ++k) EXPECT_NEAR(parts[k], whole[k], 1e-4 * whole[k]) << k;
  EXPECT_EQ(uneven.size(), 4U) << "a step of eighteen and one of two";
}

/// Four images and their labels, `times` over.
void writeRepeated(const fs::path& folder, std::int64_t times) {
  constexpr std::int64_t kImages = 4, kPixels = 16 * 16;
  std::vector<float> images;
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < kImages * times; ++i) {
    Random noise(static_cast<std::uint64_t>(i % kImages));
    for (std::int64_t pixel = 0; pixel < kPixels; ++pixel) images.push_back(static_cast<float>(noise.uniform()));
    labels.push_back(i % kImages);
  }
  writeNpy((folder / "images.npy").string(), std::vector<std::int64_t>{kImages * times, 1, 16, 16}, images);
  writeNpy((folder / "labels.npy").string(), ElementType::I64, std::vector<std::int64_t>{kImages * times},
           std::as_bytes(std::span(labels)));
}

TEST_F(RecipeJob, EachMicroBatchDrawsNoiseOfItsOwn) {
  const auto firstLoss = [&](const std::string& name, const char* dropPath, const char* accumulate) {
    const auto finished = run(name, {"model.norm=layer_norm", dropPath, accumulate, "train.steps=10"});
    const auto losses = valuesOf(finished, "loss");
    EXPECT_FALSE(losses.empty()) << finished.outcome.reason;
    return losses.empty() ? 0.0 : losses.front();
  };
  writeRepeated(folder_.path(), 2);
  const double once = firstLoss("a", "model.drop_path=0.5", "train.accumulate=1");
  const double twice = firstLoss("b", "model.drop_path=0.5", "train.accumulate=2");
  EXPECT_NE(once, twice) << "the same four images, other blocks dropped";
  EXPECT_EQ(firstLoss("c", "model.drop_path=0", "train.accumulate=1"),
            firstLoss("d", "model.drop_path=0", "train.accumulate=2"));
}

TEST_F(RecipeJob, EverythingAtOnceResumesBitForBit) {
  const std::vector<std::string> recipe{"train.batch=2",        "train.accumulate=3",   "ema.decay=0.8",
                                        "train.recompute=true", "train.precision=bf16", "prepbn.lambda_end=10"};
  const Finished straight = run("straight", recipe);
  ASSERT_EQ(straight.outcome.state, RunState::Done) << straight.outcome.reason;
  for (const std::int64_t cut : {1, 6}) {
    const std::string name = "cut" + std::to_string(cut);
    ASSERT_EQ(cutAt(name, cut, recipe).outcome.state, RunState::Stopped);
    const Finished rest = train(resumed(folder_ / name));
    ASSERT_EQ(rest.outcome.state, RunState::Done) << rest.outcome.reason;
    expectSameCheckpoint("straight", name, 12);
    EXPECT_EQ(rest.ofKind("eval").back(), straight.ofKind("eval").back());
  }
}

TEST_F(RecipeJob, AveragedWeightsAreEvaluatedStoredAndOpened) {
  const Finished finished = run("run", {"ema.decay=0.7"});
  ASSERT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
  const Json last = finished.ofKind("eval").back();
  ASSERT_TRUE(last.contains("top1_ema"));
  EXPECT_NE(last["loss_ema"], last["loss"]);

  ModelSource source;
  source.checkpoint = (folder_ / "run").string();
  EXPECT_NEAR(jobs::evaluateModel(source).loss, last["loss"].get<double>(), 1e-5);
  source.ema = true;
  EXPECT_NEAR(jobs::evaluateModel(source).loss, last["loss_ema"].get<double>(), 1e-5);

  std::set<std::string> names;
  for (const auto& series : RunReader(RunDirectory(folder_ / "run")).series()) names.insert(series.name);
  for (const char* name : {"top1_ema", "top5_ema", "eval_loss_ema"}) EXPECT_TRUE(names.contains(name)) << name;
}

TEST_F(RecipeJob, WithoutAnAverageAskingForItSaysWhy) {
  const Finished finished = run("run", {"train.steps=10"});
  EXPECT_FALSE(finished.ofKind("eval").back().contains("top1_ema"));
  ModelSource source;
  source.checkpoint = (folder_ / "run").string();
  source.ema = true;
  try {
    jobs::evaluateModel(source);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("ema.decay"), std::string::npos) << error.what();
  }
}

TEST_F(RecipeJob, BFloat16LearnsLikeFloat32) {
  const auto wide = valuesOf(run("wide", {"train.steps=60"}), "loss");
  const auto narrow = valuesOf(run("narrow", {"train.steps=60", "train.precision=bf16"}), "loss");
  ASSERT_EQ(narrow.size(), 60U);
  EXPECT_NE(narrow.front(), wide.front());
  EXPECT_NEAR(narrow.front(), wide.front(), 0.01 * wide.front());
  const auto lastEpoch = [](const std::vector<double>& losses) {
    return std::accumulate(losses.end() - 6, losses.end(), 0.0) / 6;
  };
  EXPECT_LT(lastEpoch(narrow), 0.9 * narrow.front());
  EXPECT_NEAR(lastEpoch(narrow), lastEpoch(wide), 0.15 * lastEpoch(wide));
}

TEST_F(RecipeJob, Float16IsRefusedOnTheCpuWithTheWayOut) {
  const Finished finished = run("run", {"train.precision=fp16"});
  EXPECT_EQ(finished.outcome.kind, ErrorKind::Config);
  EXPECT_NE(finished.outcome.reason.find("bf16"), std::string::npos) << finished.outcome.reason;
}

TEST_F(RecipeJob, RecomputingChangesNoBit) {
  ASSERT_EQ(run("plain", {}).outcome.state, RunState::Done);
  ASSERT_EQ(run("recomputed", {"train.recompute=true"}).outcome.state, RunState::Done);
  expectSameCheckpoint("plain", "recomputed", 12);
}

TEST_F(RecipeJob, KeepsAsManyCheckpointsAsAsked) {
  const Finished finished = run("run", {"train.checkpoint_every=1", "train.eval_every=0", "train.keep_last=4"});
  ASSERT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
  std::vector<std::int64_t> kept;
  for (const auto& entry : listCheckpoints(RunDirectory(folder_ / "run").checkpoints().string())) {
    kept.push_back(entry.step);
  }
  EXPECT_EQ(kept, (std::vector<std::int64_t>{9, 10, 11, 12}));
}

/// An allocator with no piece larger than `limit` bytes, for a scope.
class ScarceMemory final : public c10::Allocator {
 public:
  explicit ScarceMemory(std::size_t limit) : limit_(limit), before_(c10::GetCPUAllocator()) {
    c10::SetCPUAllocator(this, kPriority);
  }
  ~ScarceMemory() override { c10::SetCPUAllocator(before_, kPriority); }
  ScarceMemory(const ScarceMemory&) = delete;
  ScarceMemory& operator=(const ScarceMemory&) = delete;

  c10::DataPtr allocate(std::size_t bytes) override {
    TORCH_CHECK(bytes <= limit_, "DefaultCPUAllocator: can't allocate memory: you tried to allocate ", bytes, " bytes");
    return before_->allocate(bytes);
  }
  [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override { return before_->raw_deleter(); }
  void copy_data(void* to, const void* from, std::size_t count) const override { before_->copy_data(to, from, count); }

 private:
  static constexpr std::uint8_t kPriority = 100;
  std::size_t limit_;
  c10::Allocator* before_;
};

TEST_F(RecipeJob, WhereMemoryEndsABatchGoesThroughInPieces) {
  // The MLP's hidden layer of 16 images is 16 x 64 x 64 floats: 256 KiB, of 8 images half of that.
  constexpr std::size_t kLimit = 200 * 1024;
  ASSERT_EQ(run("halves", {"train.batch=8", "train.accumulate=2"}).outcome.state, RunState::Done);
  Finished finished;
  {
    const ScarceMemory memory(kLimit);
    finished = run("scarce", {"train.batch=16"});
  }
  ASSERT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
  const auto events = finished.ofKind("micro_batch");
  ASSERT_EQ(events.size(), 1U) << "later steps keep the smaller pieces";
  EXPECT_EQ(events[0]["step"], 0);
  EXPECT_EQ(events[0]["images"], 8);
  // The same samples, noise and statistics as a training that took halves from the start.
  const auto model = [&](const std::string& name) { return contentOf(checkpoint(name, 12) / "model.safetensors"); };
  EXPECT_EQ(model("scarce"), model("halves"));
}

TEST_F(RecipeJob, AResumedTrainingKeepsTheSmallerPieces) {
  constexpr std::size_t kLimit = 200 * 1024;
  const ScarceMemory memory(kLimit);
  ASSERT_EQ(cutAt("cut", 5, {"train.batch=16"}).outcome.state, RunState::Stopped);
  const Finished rest = train(resumed(folder_ / "cut"));
  EXPECT_EQ(rest.outcome.state, RunState::Done) << rest.outcome.reason;
  EXPECT_TRUE(rest.ofKind("micro_batch").empty());
}

TEST_F(RecipeJob, MemoryThatHoldsNoImageEndsTheTrainingWithWaysOut) {
  // One image's hidden layer is 32 KiB, every weight of this model and all its data smaller.
  const ScarceMemory memory(30 * 1024);
  const Finished finished =
      run("run", {"model.depths=[1]", "model.heads=[1]", "model.attention=L", "model.mlp_ratio=[8]"});
  EXPECT_EQ(finished.outcome.state, RunState::Failed);
  EXPECT_NE(finished.outcome.reason.find("train.recompute"), std::string::npos) << finished.outcome.reason;
}

}  // namespace
}  // namespace slab::testing
