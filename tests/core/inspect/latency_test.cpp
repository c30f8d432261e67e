#include "core/inspect/latency.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/core/inspect/small_models.h"

namespace slab::inspect {
namespace {

TEST(Latency, SubjectsRunInTurnsAndEveryRoundHasEverySubject) {
  std::string order;
  const std::vector<Subject> subjects{{"a", [&] { order += 'a'; }}, {"b", [&] { order += 'b'; }}};
  TimingOptions options;
  options.rounds = 8;
  options.maxWarmups = 0;
  const Timing timing = measure(subjects, options);
  ASSERT_EQ(timing.samples.size(), 2u);
  EXPECT_EQ(timing.samples[0].size(), 8u);
  EXPECT_EQ(timing.samples[1].size(), 8u);
  EXPECT_EQ(std::count(order.begin(), order.end(), 'a'), std::count(order.begin(), order.end(), 'b'));
}

TEST(Latency, ACallbackCanEndTheMeasurementBetweenRuns) {
  int runs = 0;
  TimingOptions options;
  options.rounds = 100;
  const Timing timing = measure({{"a", [&] { ++runs; }}}, options, [](const TimingProgress& progress) {
    return progress.phase != TimingProgress::Phase::Measure || progress.round < 7;
  });
  EXPECT_EQ(timing.samples[0].size(), 7u);
}

TEST(Latency, PartsAddUpToTheTotal) {
  PartTimer timer;
  for (int run = 0; run < 3; ++run) {
    timer.begin("layers.0");
    for (const char* part : {"norm", "mlp"}) {
      timer.begin(part);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      timer.end();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    timer.end();
    timer.finishRun();
  }
  const auto tree = timer.tree();
  ASSERT_EQ(tree[0].name, "total");
  double sum = 0.0;
  for (const auto& row : tree) sum += row.depth == 1 ? row.milliseconds : 0.0;
  EXPECT_NEAR(sum, tree[0].milliseconds, 1e-9 + 0.03 * tree[0].milliseconds);
  double kinds = 0.0;
  for (const auto& [kind, milliseconds] : timer.byKind()) kinds += milliseconds;
  EXPECT_NEAR(kinds, tree[0].milliseconds, 0.03 * tree[0].milliseconds);
  EXPECT_GE(timer.byKind().at("norm"), 2.0);
  EXPECT_GE(timer.byKind().at("other"), 1.0);
}

TEST(Latency, EveryBuiltKindReportsItsParts) {
  for (const auto& entry : builtKinds()) {
    const auto model = stirredModel(entry);
    PartTimer timer;
    at::NoGradGuard noGradient;
    model->setTimer(&timer);
    model->forward(randomImages(*model, 1));
    model->setTimer(nullptr);
    timer.finishRun();
    const auto kinds = timer.byKind();
    for (const char* kind : {"norm", "attention", "mlp"})
      EXPECT_TRUE(kinds.contains(kind)) << entry.name << " " << kind;
    EXPECT_LT(kinds.at("other"), 0.5 * timer.totalMilliseconds()) << entry.name;
  }
}

}  // namespace
}  // namespace slab::inspect
