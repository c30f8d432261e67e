#include "gui/sample_project.h"

#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "core/base/rng.h"
#include "core/config/load.h"
#include "core/config/schedule.h"
#include "core/store/run_index.h"
#include "core/store/run_state.h"
#include "core/store/run_writer.h"

namespace slab::test {
namespace {

constexpr double kStart = 1.76e9;  // any wall time

void writeCurves(RunWriter& writer, const SampleRun& run, const Plan& plan) {
  const SeriesId loss = writer.series("loss"), lambda = writer.series("lambda"), lr = writer.series("lr");
  const SeriesId norm = writer.series("grad_norm"), top1 = writer.series("top1", "%");
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
      writer.append(top1, k + 1, run.finalTop1 * (1 - std::exp(-6 * t)), wall);
      writer.event("eval", k + 1, R"({"top1":80.1})", wall);
    }
  }
  if (run.nanAt >= 0) {
    writer.append(loss, run.nanAt, std::numeric_limits<double>::quiet_NaN(),
                  kStart + 0.1 * static_cast<double>(run.nanAt));
    writer.event("nan", run.nanAt, R"({"message":"loss is not a number"})");
  }
}

}  // namespace

void writeSampleRun(const std::filesystem::path& project, const SampleRun& run) {
  ConfigSource source;
  source.preset = run.preset;
  source.overrides = {"model.norm=" + run.norm, "model.attention=" + run.attention,
                      "train.steps=" + std::to_string(run.steps)};
  const LoadedConfig loaded = loadConfig(source);
  const RunDirectory directory = RunDirectory::create(project / "runs" / run.name);
  std::ofstream(directory.config()) << toJsonText(loaded.config);
  const Plan plan = makePlan(loaded.config, knownImages(loaded.config.data).value_or(24'000));
  RunWriter writer(RunLock(directory, ""));
  writeCurves(writer, run, plan);
  const auto set = [&](std::string_view key, const std::string& value) { writer.setState(key, value); };
  set(state_key::kState, run.nanAt >= 0 ? "failed" : run.state);
  if (run.nanAt >= 0) set(state_key::kMessage, "The loss is not a number at step " + std::to_string(run.nanAt) + ".");
  set(state_key::kModel, loaded.config.model.name);
  set(state_key::kDataset, "fashion_mnist");
  set(state_key::kDevice, "cpu, 2 threads");
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

void writeSampleProject(const std::filesystem::path& project, long steps) {
  RunIndex index(project);
  writeSampleRun(project,
                 {"slab_T5pct-0006", "demo_minute", "prep_bn", "LL", 1.3, 71.2, steps, steps * 55 / 100, "failed"});
  writeSampleRun(project, {"swin_tiny28-prepbn-0005", "demo_minute", "prep_bn", "SS", 0.81, 85.9, steps, -1, "done"});
  writeSampleRun(project, {"swin_tiny28-ln-0004", "demo_minute", "layer_norm", "SS", 0.79, 86.1, steps, -1, "done"});
  writeSampleRun(project, {"slab_swin_tiny28-0007", "demo_minute", "prep_bn", "LL", 0.68, 86.6, steps, -1, "stopped"});
}

}  // namespace slab::test
