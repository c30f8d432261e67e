#include "core/jobs/train_job.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/formats/checkpoint.h"
#include "core/formats/safetensors.h"
#include "core/jobs/tiny_run.h"
#include "core/store/run_lock.h"
#include "core/wire/socket.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

class TrainJob : public ::testing::Test {
 protected:
  TrainJob() { writeTinyData(folder_.path()); }
  [[nodiscard]] LoadedConfig config(const std::vector<std::string>& overrides = {}) const {
    return tinyConfig(folder_.path(), overrides);
  }
  Finished stoppedAfter(const fs::path& run, std::int64_t steps, const std::vector<std::string>& overrides = {}) {
    return train(newRun(config(overrides), run), [steps](TrainSession& session, const Json& event) {
      if (event["event"] == "step" && event["step"] == steps - 1) session.command("stop");
    });
  }
  static fs::path checkpoint(const fs::path& run, std::int64_t step) { return RunDirectory(run).checkpoint(step); }

  TemporaryDirectory folder_;
};

void expectSameTensors(const fs::path& a, const fs::path& b) {
  const SafetensorsFile first = SafetensorsFile::open(a.string()), second = SafetensorsFile::open(b.string());
  ASSERT_EQ(first.tensors().size(), second.tensors().size());
  for (const auto& tensor : first.tensors()) {
    const TensorView* other = second.find(tensor.name);
    ASSERT_NE(other, nullptr) << tensor.name;
    EXPECT_TRUE(std::equal(tensor.bytes.begin(), tensor.bytes.end(), other->bytes.begin(), other->bytes.end()))
        << tensor.name << " differs";
  }
}

TEST_F(TrainJob, TellsStepsEvaluationsAndCheckpointsInTheOrderTheyHappen) {
  const Finished finished = train(newRun(config({"train.checkpoint_every=6"}), folder_ / "run"));
  ASSERT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
  std::string order;
  for (const auto& event : finished.events) {
    order += event["event"].get<std::string>().substr(0, 1) + std::to_string(event["step"].get<int>()) + " ";
  }
  EXPECT_EQ(order, "s0 s1 s2 s3 s4 s5 e6 c6 s6 s7 s8 s9 s10 s11 e12 c12 ");
}

TEST_F(TrainJob, ATransitionFoundTooShortWhenTheImagesAreCountedIsAnEventOfTheRun) {
  const LoadedConfig shortOne =
      config({"train.steps=0", "train.epochs=4", "prepbn.warmup=0", "prepbn.lambda_end=1", "train.eval_every=0"});
  ASSERT_EQ(toText(shortOne.issues), "") << "steps say nothing before the images are counted";
  const Finished finished = train(newRun(shortOne, folder_ / "run"));
  ASSERT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
  std::string words;
  for (const auto& event : RunReader(RunDirectory::open(folder_ / "run")).events()) {
    if (event.kind == "warning") words += Json::parse(event.json)["message"].get<std::string>();
  }
  EXPECT_EQ(words.find("prepbn.lambda_end: lambda falls within 1 of 24 steps"), 0U) << words;
}

TEST_F(TrainJob, AStepEventHasTheAgreedKeysInTheAgreedOrder) {
  const Finished finished = train(newRun(config({"train.steps=10"}), folder_ / "run"));
  ASSERT_FALSE(finished.events.empty()) << finished.outcome.reason;
  std::vector<std::string> keys;
  for (const auto& [key, value] : finished.events.front().items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"event", "step", "epoch", "loss", "lr", "lambda", "grad_norm", "param_norm",
                                            "running_var_sum", "images_per_s"}));
}

TEST_F(TrainJob, EvaluatesAPRepBnModelInItsThreeForms) {
  // lambda is 1 at step 1, 0.5 at step 5 and 0 at step 11.
  const Finished finished = train(newRun(config({"train.eval_every=2"}), folder_ / "run"));
  const auto events = finished.ofKind("eval");
  ASSERT_EQ(events.size(), 6U) << finished.outcome.reason;
  for (const auto& event : events) EXPECT_EQ(event["top1_repbn"], event["top1"]);
  EXPECT_EQ(events[0]["loss_mixture"], events[0]["loss_layernorm"]) << "the warm-up is LayerNorm alone";
  EXPECT_NE(events[2]["loss_mixture"], events[2]["loss_layernorm"]);
  EXPECT_NE(events[2]["loss_mixture"], events[2]["loss"]);
  EXPECT_EQ(events[5]["loss_mixture"], events[5]["loss"]) << "lambda has reached 0";
  EXPECT_NE(events[5]["loss_layernorm"], events[5]["loss"]);
}

TEST_F(TrainJob, EvaluatesAModelWithoutPRepBnOnce) {
  const Finished finished = train(newRun(config({"model.norm=layer_norm"}), folder_ / "run"));
  ASSERT_EQ(finished.ofKind("eval").size(), 2U) << finished.outcome.reason;
  EXPECT_FALSE(finished.ofKind("eval").back().contains("top1_mixture"));
}

TEST_F(TrainJob, LambdaAndTheLearningRateFollowTheirSchedules) {
  const Finished finished = train(newRun(config(), folder_ / "run"));
  const auto steps = finished.ofKind("step");
  ASSERT_EQ(steps.size(), 12U) << finished.outcome.reason;
  for (std::int64_t k = 0; k < 12; ++k) {
    const double lambda = k < 2 ? 1.0 : std::max(0.0, 1.0 - static_cast<double>(k - 2) / 8.0);
    EXPECT_DOUBLE_EQ(steps[static_cast<std::size_t>(k)]["lambda"].get<double>(), lambda) << k;
    const double rate = std::min(1.0, static_cast<double>(k + 1) / 2.0) * 0.002 *
                        (1.0 + std::cos(3.14159265358979323846 * static_cast<double>(k) / 12.0)) / 2.0;
    EXPECT_NEAR(steps[static_cast<std::size_t>(k)]["lr"].get<double>(), rate, 1e-12) << k;
  }
}

TEST_F(TrainJob, TheSameConfigurationGivesTheSameBits) {
  ASSERT_EQ(train(newRun(config(), folder_ / "a")).outcome.state, RunState::Done);
  ASSERT_EQ(train(newRun(config(), folder_ / "b")).outcome.state, RunState::Done);
  EXPECT_EQ(contentOf(checkpoint(folder_ / "a", 12) / "model.safetensors"),
            contentOf(checkpoint(folder_ / "b", 12) / "model.safetensors"));
}

TEST_F(TrainJob, AnotherSeedGivesOtherWeights) {
  ASSERT_EQ(train(newRun(config(), folder_ / "a")).outcome.state, RunState::Done);
  ASSERT_EQ(train(newRun(config({"train.seed=8"}), folder_ / "b")).outcome.state, RunState::Done);
  EXPECT_NE(contentOf(checkpoint(folder_ / "a", 12) / "model.safetensors"),
            contentOf(checkpoint(folder_ / "b", 12) / "model.safetensors"));
}

TEST_F(TrainJob, AResumedTrainingIsBitForBitTheUninterruptedOne) {
  const Finished straight = train(newRun(config(), folder_ / "straight"));
  ASSERT_EQ(straight.outcome.state, RunState::Done) << straight.outcome.reason;
  for (const std::int64_t cut : {1, 5, 6, 11}) {
    const fs::path run = folder_ / ("cut" + std::to_string(cut));
    const Finished first = stoppedAfter(run, cut);
    ASSERT_EQ(first.outcome.state, RunState::Stopped) << first.outcome.reason;
    const Finished second = train(resumed(run));
    ASSERT_EQ(second.outcome.state, RunState::Done) << second.outcome.reason;
    for (const char* file : {"model.safetensors", "state.safetensors"}) {
      expectSameTensors(checkpoint(folder_ / "straight", 12) / file, checkpoint(run, 12) / file);
    }
    const auto all = straight.ofKind("step"), rest = second.ofKind("step");
    ASSERT_EQ(rest.size(), static_cast<std::size_t>(12 - cut));
    for (std::size_t i = 0; i < rest.size(); ++i) {
      for (const char* key : {"step", "epoch", "loss", "lr", "lambda", "grad_norm", "param_norm", "running_var_sum"}) {
        EXPECT_EQ(rest[i][key], all[static_cast<std::size_t>(cut) + i][key]) << key << " after a cut at " << cut;
      }
    }
    EXPECT_EQ(second.ofKind("eval").back(), straight.ofKind("eval").back()) << "after a cut at " << cut;
  }
}

TEST_F(TrainJob, AnEvaluationCutShortByAStopIsMadeUpOnceWithTheSameNumbers) {
  const Finished straight = train(newRun(config(), folder_ / "straight"));
  ASSERT_EQ(straight.ofKind("eval").size(), 2U) << straight.outcome.reason;
  for (const std::int64_t cut : {6, 12}) {
    SCOPED_TRACE(cut);
    const fs::path run = folder_ / ("cut" + std::to_string(cut));
    const Finished first = stoppedAfter(run, cut);
    ASSERT_EQ(first.outcome.state, RunState::Stopped) << first.outcome.reason;
    EXPECT_EQ(first.ofKind("eval").size(), cut == 6 ? 0U : 1U) << "the stop did not wait for it";
    const Finished second = train(resumed(run));
    ASSERT_EQ(second.outcome.state, RunState::Done) << second.outcome.reason;
    auto evaluations = first.ofKind("eval");
    for (auto& event : second.ofKind("eval")) evaluations.push_back(std::move(event));
    EXPECT_EQ(evaluations, straight.ofKind("eval"));
    RunReader reader{RunDirectory(run)};
    EXPECT_EQ(reader.checkpoints().back().top1, straight.ofKind("eval").back()["top1"].get<double>());
    for (const char* file : {"model.safetensors", "state.safetensors"}) {
      expectSameTensors(checkpoint(folder_ / "straight", 12) / file, run / reader.checkpoints().back().path / file);
    }
    EXPECT_TRUE(train(resumed(run)).events.empty()) << "it is due no more";
  }
}

TEST_F(TrainJob, AnEvaluationTellsHowFarItIsAndTakesAPause) {
  const Finished straight = train(newRun(config(), folder_ / "straight"));
  const fs::path run = folder_ / "run";
  std::vector<Json> evaluations;
  std::vector<std::string> states;
  TrainSession* running = nullptr;
  TrainCallbacks callbacks;
  callbacks.onEvent = [&](const Json& event) {
    if (event["event"] == "eval") evaluations.push_back(event);
  };
  callbacks.onStatus = [&](const RunStatus& status) {
    if (status.phase != "evaluation" || status.step != 12) return;
    EXPECT_EQ(status.phaseTotal, 10);
    if (states.empty()) running->command("pause");
    if (status.state == "paused") running->command("resume");
    if (states.empty() || states.back() != status.state) states.push_back(status.state);
  };
  TrainSession session(newRun(config(), run), std::move(callbacks));
  running = &session;
  session.start();
  ASSERT_EQ(session.wait().state, RunState::Done);
  EXPECT_EQ(states, (std::vector<std::string>{"running", "pausing", "paused", "running"}));
  EXPECT_EQ(evaluations, straight.ofKind("eval")) << "it went on where it stood";
  const auto checkpoints = RunReader{RunDirectory(run)}.checkpoints();
  ASSERT_EQ(checkpoints.size(), 2U);
  EXPECT_EQ(checkpoints[0].top1, -1) << "of the pause";
  EXPECT_EQ(checkpoints[1].top1, evaluations.back()["top1"].get<double>());
}

TEST_F(TrainJob, CurvesGoOnInANewSegmentAndNothingIsOverwritten) {
  const fs::path run = folder_ / "run";
  ASSERT_EQ(stoppedAfter(run, 5).outcome.state, RunState::Stopped);
  ASSERT_EQ(train(resumed(run)).outcome.state, RunState::Done);
  RunReader reader{RunDirectory(run)};
  const auto segments = reader.segments();
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[1].fromStep, 5);
  EXPECT_EQ(segments[1].reason, "resume");
  for (const auto& series : reader.series()) {
    if (series.name == "loss") {
      EXPECT_EQ(reader.pointCount(series.id), 12);
    }
  }
  EXPECT_EQ(reader.state().at("state"), "done");
  EXPECT_EQ(reader.state().at("step"), "12");
}

TEST_F(TrainJob, SavedCountersFollowTheScheduleForTheReference) {
  const fs::path run = folder_ / "run";
  ASSERT_EQ(stoppedAfter(run, 5).outcome.state, RunState::Stopped);
  const SafetensorsFile file = SafetensorsFile::open((checkpoint(run, 5) / "model.safetensors").string());
  const auto counter = [&](const std::string& name) {
    const TensorView* view = file.find("norm." + name);
    std::int64_t value = -1;
    if (view != nullptr && view->bytes.size() == sizeof value) std::memcpy(&value, view->bytes.data(), sizeof value);
    return value;
  };
  EXPECT_EQ(counter("warm"), 0);
  EXPECT_EQ(counter("iter"), 5);
  EXPECT_EQ(counter("total_step"), 8);
}

TEST_F(TrainJob, AParameterWithoutGradientKeepsItsOptimizerStep) {
  const fs::path run = folder_ / "run";
  ASSERT_EQ(stoppedAfter(run, 5).outcome.state, RunState::Stopped);
  const SafetensorsFile file = SafetensorsFile::open((checkpoint(run, 5) / "state.safetensors").string());
  const auto steps = [&](const std::string& name) {
    const TensorView* view = file.find("optim/" + name + "/step");
    float value = -1;
    if (view != nullptr && view->bytes.size() == sizeof value) std::memcpy(&value, view->bytes.data(), sizeof value);
    return value;
  };
  EXPECT_EQ(steps("norm.norm1.weight"), 5.0F);
  EXPECT_EQ(steps("norm.norm2.bn.weight"), 3.0F) << "RepBN rests during the two warm-up steps";
}

TEST_F(TrainJob, KeepsTheLastTwoCheckpointsAndTheBest) {
  const fs::path run = folder_ / "run";
  const Finished finished = train(newRun(config({"train.checkpoint_every=2", "train.eval_every=2"}), run));
  ASSERT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
  double best = -1;
  for (const auto& event : finished.ofKind("eval")) best = std::max(best, event["top1"].get<double>());
  const auto kept = listCheckpoints(RunDirectory(run).checkpoints().string());
  ASSERT_GE(kept.size(), 2U);
  ASSERT_LE(kept.size(), 3U);
  EXPECT_EQ(kept[kept.size() - 1].step, 12);
  EXPECT_EQ(kept[kept.size() - 2].step, 10);
  RunReader reader{RunDirectory(run)};
  double bestKept = -1;
  for (const auto& record : reader.checkpoints()) {
    if (record.good) bestKept = std::max(bestKept, record.top1);
  }
  EXPECT_DOUBLE_EQ(bestKept, best);
}

TEST_F(TrainJob, ANaNInTheDataStopsTheRunWithItsNameAndWritesNoCheckpoint) {
  writeTinyData(folder_.path(), 9);  // in the third batch
  const fs::path run = folder_ / "run";
  const Finished finished = train(newRun(config({"train.checkpoint_every=1"}), run));
  EXPECT_EQ(finished.outcome.state, RunState::Failed);
  EXPECT_EQ(finished.outcome.kind, ErrorKind::Data);
  EXPECT_NE(finished.outcome.reason.find("step 2"), std::string::npos) << finished.outcome.reason;
  const auto kept = listCheckpoints(RunDirectory(run).checkpoints().string());
  ASSERT_FALSE(kept.empty());
  EXPECT_EQ(kept.back().step, 2) << "the last good checkpoint stays, none of the failed step is written";
  EXPECT_TRUE(finished.ofKind("step").back()["loss"].is_null());
  RunReader reader{RunDirectory(run)};
  EXPECT_EQ(reader.state().at("state"), "failed");
}

TEST_F(TrainJob, ADivergedTrainingNamesTheFirstPlaceThatIsNotFinite) {
  const Finished finished = train(newRun(config({"optim.lr=1000", "optim.warmup=0"}), folder_ / "run"));
  EXPECT_EQ(finished.outcome.state, RunState::Failed);
  EXPECT_NE(finished.outcome.reason.find("first at fault: the "), std::string::npos) << finished.outcome.reason;
  EXPECT_TRUE(listCheckpoints(RunDirectory(folder_ / "run").checkpoints().string()).empty());
}

TEST_F(TrainJob, ACutCheckpointIsRefusedAndThePreviousOneOffered) {
  const fs::path run = folder_ / "run";
  ASSERT_EQ(stoppedAfter(run, 8, {"train.checkpoint_every=3"}).outcome.state, RunState::Stopped);
  const fs::path file = checkpoint(run, 8) / "model.safetensors";
  fs::resize_file(file, fs::file_size(file) / 2);
  const Finished refused = train(resumed(run));
  EXPECT_EQ(refused.outcome.state, RunState::Failed);
  EXPECT_EQ(refused.outcome.kind, ErrorKind::Checkpoint);
  EXPECT_NE(refused.outcome.reason.find("--from-step 6"), std::string::npos) << refused.outcome.reason;
  TrainRequest request = resumed(run);
  request.fromStep = 6;
  const Finished finished = train(std::move(request));
  EXPECT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
  EXPECT_EQ(finished.ofKind("step").front()["step"], 6);
}

TEST_F(TrainJob, ASecondTrainingOnTheRunIsRefusedWithTheHoldersPid) {
  const fs::path run = folder_ / "run";
  std::string reason;
  const Finished first = train(newRun(config(), run), [&](TrainSession&, const Json& event) {
    if (event["step"] == 3 && reason.empty()) reason = train(newRun(config(), run)).outcome.reason;
  });
  EXPECT_EQ(first.outcome.state, RunState::Done);
  EXPECT_NE(reason.find("process " + std::to_string(::getpid())), std::string::npos) << reason;
}

TEST_F(TrainJob, AnExistingRunIsNeverOverwritten) {
  const fs::path run = folder_ / "run";
  ASSERT_EQ(train(newRun(config(), run)).outcome.state, RunState::Done);
  const std::string before = contentOf(checkpoint(run, 12) / "model.safetensors");
  const Finished again = train(newRun(config(), run));
  EXPECT_EQ(again.outcome.state, RunState::Failed);
  EXPECT_NE(again.outcome.reason.find("--resume"), std::string::npos) << again.outcome.reason;
  EXPECT_EQ(contentOf(checkpoint(run, 12) / "model.safetensors"), before);
}

TEST_F(TrainJob, AMissingDataSetLeavesNoRunBehind) {
  fs::remove(folder_ / "images.npy");
  const Finished finished = train(newRun(config(), folder_ / "run"));
  EXPECT_EQ(finished.outcome.kind, ErrorKind::Data);
  EXPECT_NE(finished.outcome.reason.find("images.npy"), std::string::npos) << finished.outcome.reason;
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

// What CUDA's runtime throws for an illegal address, from within the training.
TEST_F(TrainJob, ALostDeviceEndsTheTrainingAndIsSaidApart) {
  const fs::path run = folder_ / "run";
  const Finished finished =
      train(newRun(config({"train.checkpoint_every=3"}), run), [](TrainSession&, const Json& event) {
        if (event["event"] != "step" || event["step"] != 7) return;
        throw c10::AcceleratorError({__func__, __FILE__, __LINE__}, 700, "CUDA error: an illegal memory access");
      });
  EXPECT_EQ(finished.outcome.state, RunState::Failed);
  EXPECT_TRUE(finished.outcome.isWorkerLost);
  EXPECT_NE(finished.outcome.reason.find("illegal memory access"), std::string::npos) << finished.outcome.reason;
  const Finished resumedRun = train(resumed(run));
  EXPECT_EQ(resumedRun.outcome.state, RunState::Done) << resumedRun.outcome.reason;
  EXPECT_FALSE(resumedRun.outcome.isWorkerLost);
  EXPECT_EQ(resumedRun.ofKind("step").front()["step"], 6);
}

TEST_F(TrainJob, ObeysCommandsOverItsSocket) {
  const fs::path run = folder_ / "run";
  TrainSession session(newRun(config({"train.steps=100000", "prepbn.lambda_end=80%"}), run), {});
  session.start();
  std::optional<LockInfo> holder;
  while (!holder || holder->socket.empty()) holder = readLock(RunDirectory(run));
  std::optional<Client> client;
  while (!client) {
    try {
      client.emplace(holder->socket);
    } catch (const Error&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  const auto ask = [&](const char* action) {
    return unpack<RunStatus>(client->request(makeRequest(client->newId(), RunCommand{action}), 60.0));
  };
  EXPECT_EQ(ask("status").steps, 100000);
  const RunStatus saved = ask("checkpoint");
  EXPECT_TRUE(fs::exists(run / saved.checkpoint / "manifest.json")) << saved.checkpoint;
  const RunStatus paused = ask("pause");
  EXPECT_EQ(paused.state, "paused");
  EXPECT_EQ(ask("status").step, paused.step) << "no step while paused";
  EXPECT_TRUE(fs::exists(checkpoint(run, paused.step)));
  EXPECT_EQ(ask("resume").state, "running");
  const RunStatus stopped = ask("stop");
  EXPECT_EQ(stopped.state, "stopped");
  EXPECT_GE(stopped.step, paused.step);
  EXPECT_EQ(session.wait().state, RunState::Stopped);
  EXPECT_TRUE(verifyCheckpoint(checkpoint(run, stopped.step).string()).empty());
}

TEST_F(TrainJob, AFinishedRunResumesToNothing) {
  const fs::path run = folder_ / "run";
  ASSERT_EQ(train(newRun(config(), run)).outcome.state, RunState::Done);
  const Finished again = train(resumed(run));
  EXPECT_EQ(again.outcome.state, RunState::Done) << again.outcome.reason;
  EXPECT_TRUE(again.events.empty());
}

}  // namespace
}  // namespace slab::testing
