#include "gui/sample_project.h"

#include <unistd.h>

#include <array>
#include <cmath>
#include <fstream>
#include <limits>

#include "core/base/rng.h"
#include "core/config/load.h"
#include "core/config/schedule.h"
#include "core/config/sweep.h"
#include "core/store/run_index.h"
#include "core/store/run_queue.h"
#include "core/store/run_state.h"
#include "core/store/run_writer.h"

namespace slab::test {
namespace {

constexpr double kStart = 1.76e9;  // any wall time

Json reportOf(long step) {
  Json batch = Json::array();
  for (long i = 0; i < 64; ++i)
    batch.push_back({{"index", (i * 7919) % 24'000}, {"name", "train-images-idx3-ubyte.gz"}});
  return {{"event", "non_finite"}, {"step", step},          {"layer", "layers.1.blocks.0.mlp.fc1"},
          {"tensor", "output"},    {"channel", 41},         {"channels", {41, 97}},
          {"channel_count", 2},    {"cause", "activation"}, {"finite_until", step},
          {"epoch", 0.55},         {"loss", nullptr},       {"grad_norm", nullptr},
          {"lr", 0.0012},          {"lambda", 0.0},         {"batch_number", step},
          {"batch", batch}};
}

void writeCurves(RunWriter& writer, const SampleRun& run, const Plan& plan, bool isDetector) {
  const SeriesId loss = writer.series("loss"), lambda = writer.series("lambda"), lr = writer.series("lr");
  const SeriesId norm = writer.series("grad_norm");
  const SeriesId score = isDetector ? writer.series("val/mask_ap") : writer.series("top1", "%");
  Random random(hashKeys(static_cast<std::uint64_t>(run.finalLoss * 1e6)));
  const long last = run.nanAt >= 0 ? run.nanAt : run.steps;
  const auto total = static_cast<double>(run.steps);
  writer.beginSegment(0, "start");
  for (long k = 0; k < last; ++k) {
    const double t = static_cast<double>(k) / total, wall = kStart + 0.1 * static_cast<double>(k);
    const double noise = (random.uniform() + random.uniform() - 1) * 0.25;
    writer.append(loss, k, run.finalLoss + 1.6 * std::exp(-7 * t) + noise, wall);
    writer.append(lambda, k, plan.lambda.at(k), wall);
    writer.append(lr, k, plan.lr.at(k), wall);
    writer.append(norm, k, 1.2 + 2 * std::exp(-5 * t) + std::abs(noise) * 2, wall);
    if (k % (run.steps / 10) == run.steps / 10 - 1) {
      writer.append(score, k + 1, run.finalTop1 * (isDetector ? 0.01 : 1) * (1 - std::exp(-6 * t)), wall);
      if (isDetector) {
        writer.append(writer.series("val/box_ap"), k + 1, 0.012 * run.finalTop1 * (1 - std::exp(-6 * t)), wall);
      }
      if (run.norm == "prep_bn" && !isDetector) {
        writer.append(writer.series("top1_mixture", "%"), k + 1, run.finalTop1 * (1 - std::exp(-9 * t)), wall);
        writer.append(writer.series("top1_layernorm", "%"), k + 1, run.finalTop1 * (1 - t), wall);
      }
      writer.event("eval", k + 1, R"({"top1":80.1})", wall);
    }
  }
  if (run.nanAt >= 0) {
    writer.append(loss, run.nanAt, std::numeric_limits<double>::quiet_NaN(),
                  kStart + 0.1 * static_cast<double>(run.nanAt));
    writer.event("non_finite", run.nanAt, reportOf(run.nanAt).dump());
  }
}

/// What a training's watch leaves (core/train/norm_records.h): RepBN's share grows as lambda falls.
void writeNorms(RunWriter& writer, const SampleRun& run, const Plan& plan) {
  constexpr std::array kLayers{"patch_embed.norm", "layers.0.blocks.0.norm1", "layers.0.blocks.0.norm2",
                               "layers.1.blocks.0.norm1", "norm"};
  const long last = run.nanAt >= 0 ? run.nanAt : run.steps;
  for (std::size_t i = 0; i < kLayers.size(); ++i) {
    const auto depth = static_cast<double>(i);
    for (long k = 0; k < last; k += plan.watchEvery) {
      const double t = static_cast<double>(k) / static_cast<double>(run.steps);
      const auto append = [&](const char* quantity, double value) {
        writer.append(writer.series(std::string("norm/") + kLayers[i] + '/' + quantity), k, value,
                      kStart + 0.1 * static_cast<double>(k));
      };
      const double repBn = (1 - plan.lambda.at(k)) * (1 + 0.2 * depth);
      append("repbn_share", repBn / (repBn + plan.lambda.at(k)));
      append("alpha", 1 + 0.3 * t * (depth - 2));
      append("running_var_mean", std::exp(depth - 2 + t));
      append("running_var_min", std::exp(depth - 3 + t));
      append("running_var_max", std::exp(depth - 1 + t));
      append("distance", 0.02 + std::exp(-40 * t) + (run.nanAt >= 0 && i == 3 ? 2 * t : 0));
    }
  }
  if (run.nanAt < 0) return;
  writer.event("norm_alarm", run.nanAt - 20,
               R"({"event":"norm_alarm","layer":"layers.1.blocks.0.norm1","quantity":"distance","value":1.1,)"
               R"("message":"batches of layers.1.blocks.0.norm1 stay 1.1 from its running statistics"})",
               kStart + 0.1 * static_cast<double>(run.nanAt - 20));
  writer.setState(state_key::kAlarm, "batches of layers.1.blocks.0.norm1 stay 1.1 from its running statistics");
  writer.setState(state_key::kAlarmStep, std::to_string(run.nanAt - 20));
}

}  // namespace

void writeSampleRun(const std::filesystem::path& project, const SampleRun& run) {
  ConfigSource source;
  source.preset = run.preset;
  source.overrides = {"model.norm=" + run.norm, "model.attention=" + run.attention,
                      "train.steps=" + std::to_string(run.steps)};
  source.overrides.insert(source.overrides.end(), run.settings.begin(), run.settings.end());
  const LoadedConfig loaded = loadConfig(source);
  const bool isDetector = loaded.config.isDetector();
  const RunDirectory directory = RunDirectory::create(project / "runs" / run.name);
  std::ofstream(directory.config()) << toJsonText(loaded.config);
  const Plan plan = makePlan(loaded.config, knownImages(loaded.config.data).value_or(24'000));
  RunWriter writer(RunLock(directory, ""));
  writeCurves(writer, run, plan, isDetector);
  if (run.norm == "prep_bn" && !isDetector) writeNorms(writer, run, plan);
  const auto set = [&](std::string_view key, const std::string& value) { writer.setState(key, value); };
  set(state_key::kState, run.nanAt >= 0 ? "failed" : run.state);
  if (run.nanAt >= 0) set(state_key::kMessage, "The loss is not a number at step " + std::to_string(run.nanAt) + ".");
  set(state_key::kModel, isDetector ? loaded.config.detector.name : loaded.config.model.name);
  set(state_key::kDataset, isDetector ? "coco" : "fashion_mnist");
  if (isDetector) set(state_key::kScore, "mask_ap");
  if (run.epoch > 0) set(state_key::kEpoch, std::to_string(run.epoch));
  set(state_key::kDevice, "cpu, 2 threads");
  set(state_key::kProcesses, std::to_string(run.processes));
  set(state_key::kStarted, std::to_string(kStart));
  set(state_key::kActiveSeconds, "37.5");
  set(state_key::kStep, std::to_string(run.nanAt >= 0 ? run.nanAt : run.steps));
  set(state_key::kSteps, std::to_string(run.steps));
  set(state_key::kLoss, std::to_string(run.finalLoss));
  set(state_key::kTop1, std::to_string(run.finalTop1));
  set(state_key::kBestTop1, std::to_string(run.finalTop1));
  CheckpointRecord checkpoint;
  checkpoint.segment = 1;
  checkpoint.step = run.steps / 2;
  checkpoint.path = "checkpoints/" + directory.checkpoint(checkpoint.step).filename().string();
  checkpoint.bytes = 1'900'000;
  checkpoint.top1 = run.finalTop1 / 2;
  std::filesystem::create_directories(directory.checkpoint(checkpoint.step));
  writer.saveCheckpoint(checkpoint);
  writer.close();
}

void holdRunningRun(const std::filesystem::path& project, const std::string& name) {
  const RunDirectory directory = RunDirectory::create(project / "runs" / name);
  ConfigSource source;
  source.preset = "demo_minute";
  std::ofstream(directory.config()) << toJsonText(loadConfig(source).config);
  RunWriter writer(RunLock(directory, ""));
  writer.setState(state_key::kState, "running");
  writer.setState(state_key::kStep, "100");
  writer.setState(state_key::kSteps, "375");
  writer.append(writer.series("loss"), 99, 1.5);
  (void)writer.flush();
  for (;;) ::pause();
}

void writeSampleQueue(const std::filesystem::path& project) {
  RunQueue queue(project);
  const ConfigSource source{.preset = "demo_minute", .text = "", .fileName = "", .overrides = {}};
  const ConfigSnapshot config = takeSnapshot(loadConfig(source), project);
  const auto ended = queue.add({{"slab_swin_tiny28-0007", config, ""}, {"slab_T5pct-0006", config, ""}});
  for (const std::int64_t id : ended) queue.begin(id, queue.job(id).name);
  queue.finish(ended[0], JobState::Done, "");
  queue.finish(ended[1], JobState::Failed, "the loss is not a number at step 206");
  const Search search = gridSearch({"optim.lr=0.001,0.002,0.004"});
  std::vector<NewJob> jobs;
  for (const Trial& trial : planSweep("demo_minute", source, search.settings)) {
    jobs.push_back({trial.name, takeSnapshot(trial.config, project), toJson(trial.settings).dump()});
  }
  queue.addSweep("demo_minute", search.method.dump(), jobs);
  queue.hold(queue.add({{"demo_minute-again", config, ""}}).front());
}

void writeSampleProject(const std::filesystem::path& project, long steps) {
  RunIndex index(project);
  writeSampleRun(project, {"slab_T5pct-0006",
                           "demo_minute",
                           "prep_bn",
                           "LL",
                           1.3,
                           71.2,
                           steps,
                           steps * 55 / 100,
                           "failed",
                           0,
                           {"prepbn.lambda_end=5%"}});
  writeSampleRun(project, {"swin_tiny28-prepbn-0005", "demo_minute", "prep_bn", "SS", 0.81, 85.9, steps, -1, "done"});
  writeSampleRun(project, {"swin_tiny28-ln-0004", "demo_minute", "layer_norm", "SS", 0.79, 86.1, steps, -1, "done"});
  writeSampleRun(project, {"slab_swin_tiny28-0007", "demo_minute", "prep_bn", "LL", 0.68, 86.6, steps, -1, "stopped"});
}

}  // namespace slab::test
