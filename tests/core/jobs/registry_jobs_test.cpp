// Every model through the jobs that the window and the program ask for: trained on Fashion-MNIST, saved, opened
// again, folded with a certificate into a file that opens too, drawn and timed.
#include <gtest/gtest.h>

#include <set>

#include "core/jobs/inspection.h"
#include "core/jobs/tiny_run.h"
#include "core/wire/messages.h"
#include "tests/core/models/tiny.h"
#include "tests/support/long_tier.h"

namespace slab::testing {
namespace {

constexpr int kSteps = 20;

std::string listOf(const auto& values) {
  return Json(values).dump();
}

LoadedConfig trainingOf(const RegistryEntry& entry) {
  const ModelConfig tiny = tinyConfig(entry);
  std::vector<std::string> settings{"model.image_size=" + std::to_string(tiny.imageSize),
                                    "model.patch_size=" + std::to_string(tiny.patchSize),
                                    "model.embed_dim=" + std::to_string(tiny.embedDim),
                                    "model.depths=" + listOf(tiny.depths),
                                    "model.heads=" + listOf(tiny.heads),
                                    "model.mlp_ratio=" + listOf(tiny.mlpRatio),
                                    "model.attention=" + tiny.attention,
                                    "model.window=" + std::to_string(tiny.window),
                                    "model.in_channels=1",
                                    "model.classes=10",
                                    "model.drop_path=0",
                                    "data.type=fashion_mnist",
                                    "data.mean=[0.286]",
                                    "data.std=[0.353]",
                                    "data.augment=none",
                                    "data.limit=16",
                                    "data.workers=1",
                                    "train.batch=16",
                                    "train.steps=" + std::to_string(kSteps),
                                    "train.eval_every=0",
                                    "train.checkpoint_every=0",
                                    "train.log_every=1",
                                    "optim.lr=0.003",
                                    "optim.schedule=constant",
                                    "device=cpu",
                                    "threads=1"};
  if (tiny.norm == NormKind::RepBn) {
    settings.insert(settings.end(), {"prepbn.warmup=2", "prepbn.lambda_end=14"});
  }
  return loadConfig({.preset = "",
                     .text = R"({"model": {"name": ")" + entry.name + "\"}}",
                     .fileName = "tiny",
                     .overrides = settings});
}

class EveryJob : public ::testing::TestWithParam<RegistryEntry> {
 protected:
  EveryJob() : run_(folder_ / "run") {}

  ModelSource opened(bool folded = false) const {
    ModelSource source;
    source.checkpoint = folded ? (run_ / "folded.safetensors").string() : run_.string();
    return source;
  }

  AttentionMap attentionOf(const ModelSource& source) const {
    AttentionRequest request;
    request.source = source;
    request.image.index = 3;
    return unpack<AttentionMap>(jobs::attentionMap(request, 1));
  }

  TemporaryDirectory folder_;
  std::filesystem::path run_;
};

TEST_P(EveryJob, TrainsFoldsDrawsAndIsTimed) {
  const Finished finished = train(newRun(trainingOf(GetParam()), run_));
  ASSERT_EQ(finished.outcome.state, RunState::Done) << finished.outcome.reason;
  const auto steps = finished.ofKind("step");
  ASSERT_EQ(steps.size(), static_cast<std::size_t>(kSteps));
  const auto meanLoss = [&](std::size_t first) {
    double sum = 0.0;
    for (std::size_t k = first; k < first + 4; ++k) sum += steps[k]["loss"].get<double>();
    return sum / 4.0;
  };
  EXPECT_LT(meanLoss(kSteps - 4), 0.9 * meanLoss(0));

  FoldRequest fold;
  fold.source = opened();
  fold.output = opened(true).checkpoint;
  fold.images = 8;
  const FoldReport certificate = jobs::foldModel(fold, {});
  EXPECT_LE(certificate.logitsRelativeErrorDouble, 1e-10);
  EXPECT_EQ(certificate.sameTop1, certificate.images);
  for (const auto& row : certificate.rows) EXPECT_EQ(row.folded, row.norm != "layer_norm") << row.layer;

  const AttentionMap before = attentionOf(opened()), after = attentionOf(opened(true));
  ASSERT_FALSE(before.layers.empty());
  ASSERT_EQ(after.layers.size(), before.layers.size());
  ASSERT_FALSE(before.top.empty());
  EXPECT_EQ(after.top.front().index, before.top.front().index);
  EXPECT_NEAR(after.top.front().probability, before.top.front().probability, 1e-4);

  BenchRequest bench;
  bench.entries = {{"as trained", opened()}, {"folded", opened(true)}};
  bench.rounds = 5;
  bench.maxSeconds = 2;
  bench.threads = 1;
  const auto report = unpack<BenchReport>(jobs::benchModels(bench, 2, {}));
  ASSERT_EQ(report.rows.size(), 2U);
  for (const auto& row : report.rows) {
    EXPECT_GE(row.samples, 5) << row.label;
    EXPECT_GT(row.p50, 0.0) << row.label;
    EXPECT_FALSE(row.layers.empty()) << row.label;
  }
  EXPECT_LE(report.rows[1].parameters, report.rows[0].parameters);
}

// The default tier takes one of every family and one rival attention.
std::vector<RegistryEntry> modelsOfTheTier() {
  static const std::set<std::string> kQuick{"slab_deit_t",    "slab_swin_t",  "slab_pvt_t",
                                            "slab_pvt_v2_b0", "slab_cswin_t", "flatten_swin_t"};
  auto entries = registry();
  std::erase_if(entries, [](const RegistryEntry& entry) { return !isLongTier() && !kQuick.contains(entry.name); });
  return entries;
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryJob, ::testing::ValuesIn(modelsOfTheTier()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace slab::testing
