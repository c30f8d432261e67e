// bench_training [--threads N] [--seconds S] [--filter TEXT]: a training step with and without what watches it, in
// float32 and bfloat16, with kept and with recomputed activations. Every pair is the same step on the same images, in
// turns, in this process.
#include <torch/torch.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/base/clock.h"
#include "core/config/load.h"
#include "core/config/schedule.h"
#include "core/device/device.h"
#include "core/models/build_model.h"
#include "core/ops/autocast.h"
#include "core/train/finite_watch.h"
#include "core/train/loss.h"
#include "core/train/norm_watch.h"
#include "core/train/trainer.h"
#include "tests/bench/paired_timing.h"
#include "tests/bench/timing_settings.h"

namespace slab::train {
namespace {

constexpr std::int64_t kImageNet = 1'281'167;

/// One model and one batch of noise, trained step by step as the trainer does it.
class Training {
 public:
  Training(const RunConfig& config, std::int64_t batch)
      : model_(buildModel(config.model)),
        optimizer_(makeOptimizer(*model_, config.optim)),
        images_(torch::randn({batch, config.model.inChannels, config.model.imageSize, config.model.imageSize})),
        labels_(torch::randint(config.model.classes, {batch}, torch::kLong)),
        finite_(*model_) {
    model_->setLambda(0.5);
    finite_.lookNow(0);
  }

  Backbone& model() { return *model_; }

  void step(std::optional<at::ScalarType> type = std::nullopt) {
    optimizer_.zeroGrad();
    at::Tensor logits;
    {
      const ops::Autocast autocast(at::kCPU, type);
      logits = model_->forward(images_);
    }
    labelSmoothedCrossEntropy(logits.to(at::kFloat), labels_, 0.1).backward();
    optimizer_.step(1e-4);
  }

  /// Share of the time of the steps, over `seconds` of them, that the watch for non-finite values took.
  double shareOfFiniteWatch(double seconds) {
    double steps = 0, looks = 0;
    for (std::int64_t completed = 1; steps + looks < seconds; ++completed) {
      const Stopwatch ofStep;
      step();
      const double taken = ofStep.seconds();
      const Stopwatch ofLook;
      if (!finite_.look(completed, taken)) std::abort();  // noise trained with a small rate stays finite
      steps += taken;
      looks += ofLook.seconds();
    }
    return looks / steps;
  }

 private:
  std::shared_ptr<Backbone> model_;
  AdamW optimizer_;
  at::Tensor images_, labels_;
  FiniteWatch finite_;
};

void print(const std::string& name, const bench::PairedTiming& timing) {
  std::printf("  %-40s %9.2f %9.2f %7.3f  [%.3f, %.3f]  %d\n", name.c_str(), timing.oursMs, timing.rivalMs,
              timing.ratio, timing.low, timing.high, timing.turns);
  std::fflush(stdout);
}

void compare(const RunConfig& config, const std::string& name, std::int64_t batch,
             const bench::TimingSettings& settings) {
  if (name.find(settings.filter) == std::string::npos) return;
  device::seedAll(0);
  Training training(config, batch);
  const Plan plan = makePlan(config, knownImages(config.data).value_or(kImageNet));
  std::printf("%s, %ld images a step\n", name.c_str(), static_cast<long>(batch));
  std::printf("  %-40s %9s %9s %7s  95 %% interval, turns\n", "", "first ms", "second ms", "ratio");

  const auto plain = [&] { training.step(); };
  NormWatch watch(training.model(), 1, plan.lambda);
  SilentObserver observer;
  const auto watched = [&] {
    watch.arm(0);
    training.step();
    watch.report(observer);
  };
  const auto norms = bench::timePaired(plain, watched, settings.seconds);
  print("plain | norms read", norms);
  print("float32 | bfloat16", bench::timePaired(
                                  plain, [&] { training.step(at::kBFloat16); }, settings.seconds));
  const auto recomputed = [&] {
    training.model().setRecompute(true);
    training.step();
    training.model().setRecompute(false);
  };
  print("activations kept | recomputed", bench::timePaired(plain, recomputed, settings.seconds));

  const double every = static_cast<double>(plan.watchEvery);
  const double share = training.shareOfFiniteWatch(settings.seconds);
  std::printf("  non-finite watch: %.3f %% of the steps' time; norms read every %.0f steps: %.3f %%\n\n", 100 * share,
              every, 100 * (norms.ratio - 1) / every);
}

RunConfig configOf(const char* preset) {
  const LoadedConfig loaded = loadConfig({.preset = preset, .text = "", .fileName = "", .overrides = {}});
  return loaded.config;
}

}  // namespace
}  // namespace slab::train

int main(int argc, char** argv) {
  using namespace slab;
  bench::TimingSettings settings{.seconds = 20};
  if (!parse(argc, argv, settings)) {
    std::fprintf(stderr, "usage: bench_training [--threads N] [--seconds S] [--filter TEXT]\n");
    return 2;
  }
  device::setThreads(settings.threads);
  std::printf("%s\n\n", device::describe(device::machineCard()).c_str());
  train::compare(train::configOf("demo_minute"), "demo_minute", 64, settings);
  train::compare(train::configOf("imagenet_slab_swin_t"), "imagenet_slab_swin_t", 8, settings);
  return 0;
}
