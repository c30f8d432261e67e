// The reference's seven optimizer steps, through `slab train --json` and `slab infer`.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fstream>
#include <sstream>

#include "core/formats/npy.h"
#include "core/jobs/tiny_run.h"
#include "core/train/tensor_files.h"
#include "e2e/program.h"
#include "support/golden.h"

namespace slab::testing {
namespace {

struct GoldenModel {
  std::string name;
  std::int64_t size, classes;
  std::vector<std::string> settings;
};

void PrintTo(const GoldenModel& model, std::ostream* out) {
  *out << model.name;
}

class GoldenTraining : public ::testing::TestWithParam<GoldenModel> {
 protected:
  static constexpr std::int64_t kSteps = 7, kBatch = 4;

  void writeInputs() {
    std::vector<float> images;
    std::vector<std::int64_t> labels;
    for (std::int64_t step = 0; step < kSteps; ++step) {
      for (std::int64_t i = 0; i < kBatch; ++i) {
        const at::Tensor image = golden::image(static_cast<std::uint32_t>(1000003 + 16 * step + i), 3, size());
        images.insert(images.end(), image.const_data_ptr<float>(), image.const_data_ptr<float>() + image.numel());
        labels.push_back((7 * step + 3 * i) % GetParam().classes);
      }
    }
    writeNpy(path("images.npy"), std::vector<std::int64_t>{kSteps * kBatch, 3, size(), size()}, images);
    writeNpy(path("labels.npy"), ElementType::I64, std::vector<std::int64_t>{kSteps * kBatch},
             std::as_bytes(std::span(labels)));
    const at::Tensor image = golden::image(golden::kLogitsImage, 3, size()).contiguous();
    writeNpy(path("eval.npy"), image.sizes().vec(),
             std::span(image.const_data_ptr<float>(), static_cast<std::size_t>(image.numel())));
    SafetensorsWriter writer;
    train::NamedTensors weights, keep;
    for (const auto& item : golden::weights(GetParam().name)) weights.emplace_back(item.key(), item.value());
    train::addTensors(writer, weights, keep);
    writer.save(path("init.safetensors"));
  }

  [[nodiscard]] std::vector<std::string> settings(double rate) const {
    std::vector<std::string> all = GetParam().settings;
    for (const auto& more : std::vector<std::string>{
             "model.drop_path=0", "prepbn.warmup=1", "prepbn.lambda_end=5", "data.type=tensors",
             "data.images=" + path("images.npy"), "data.labels=" + path("labels.npy"),
             "train.init=" + path("init.safetensors"), "train.steps=7", "train.batch=4", "train.log_norms=true",
             "train.label_smoothing=0.1", "train.clip=0", "optim.schedule=constant", "optim.lr=" + std::to_string(rate),
             "optim.weight_decay=0.05", "optim.decay=reference", "device=cpu", "ops.linear=onednn"}) {
      all.push_back(more);
    }
    return all;
  }

  [[nodiscard]] std::int64_t size() const { return GetParam().size; }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  TemporaryDirectory folder_;
};

void expectRelative(const Json& event, const char* key, const std::string& expected, double tolerance) {
  const double value = event.value(key, -1.0), wanted = std::stod(expected);
  EXPECT_NEAR(value, wanted, tolerance * std::abs(wanted)) << key << " of step " << event["step"];
}

TEST_P(GoldenTraining, TheProgramTakesTheReferencesSteps) {
  writeInputs();
  std::vector<golden::Row> steps, evaluations;
  for (auto& row : golden::readTable("train_trajectory.tsv")) {
    if (row.at(0) == GetParam().name) (row.at(5) == "eval" ? evaluations : steps).push_back(row);
  }
  ASSERT_EQ(steps.size(), 7U);
  std::ofstream(path("config.json")) << "// everything stands in --set\n{}\n";
  const auto trained = runSlab(withSettings({"train", "--config", path("config.json"), "--run", path("run"), "--json"},
                                            settings(std::stod(steps[0].at(4)))),
                               folder_.path());
  ASSERT_EQ(trained.exitCode, 0) << trained.err << trained.out;
  const auto events = trained.events("step");
  ASSERT_EQ(events.size(), 7U);
  for (std::size_t k = 0; k < 7; ++k) {
    EXPECT_EQ(events[k]["step"], k);
    expectRelative(events[k], "loss", steps[k].at(6), 1e-4);
    expectRelative(events[k], "grad_norm", steps[k].at(7), 1e-3);
    expectRelative(events[k], "param_norm", steps[k].at(8), 1e-6);
    expectRelative(events[k], "running_var_sum", steps[k].at(9), 1e-4);
  }
  EXPECT_EQ(trained.lines().back(), (Json{{"event", "end"}, {"status", "done"}, {"reason", ""}}));

  ASSERT_EQ(evaluations.size(), 1U);
  const auto inferred = runSlab({"infer", "--weights", path("run/checkpoints/step-00000007/model.safetensors"),
                                 "--input", path("eval.npy"), "--output", path("logits.npy")},
                                folder_.path());
  ASSERT_EQ(inferred.exitCode, 0) << inferred.err;
  const NpyFile file(path("logits.npy"));
  ASSERT_EQ(file.shape(), (std::vector<std::int64_t>{1, GetParam().classes}));
  std::vector<float> logits(static_cast<std::size_t>(GetParam().classes));
  std::memcpy(logits.data(), file.bytes().data(), file.bytes().size());
  double squares = 0;
  for (const float value : logits) squares += static_cast<double>(value) * value;
  const double l2 = std::stod(evaluations[0].at(7));
  EXPECT_NEAR(std::sqrt(squares), l2, 1e-3 * l2);
  std::istringstream first(evaluations[0].at(8));
  for (std::size_t i = 0; i < 8; ++i) {
    double wanted = 0;
    ASSERT_TRUE(first >> wanted);
    EXPECT_NEAR(logits[i], wanted, 1e-3 * l2) << "logit " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Trajectories, GoldenTraining,
                         ::testing::Values(GoldenModel{"tiny_slab_swin",
                                                       64,
                                                       10,
                                                       {"model.name=slab_swin_t", "model.image_size=64",
                                                        "model.patch_size=4", "model.embed_dim=32",
                                                        "model.depths=[1,1,2,1]", "model.heads=[1,2,4,8]",
                                                        "model.window=16", "model.attention=LLSS", "model.classes=10"}},
                                           GoldenModel{"slab_deit_t", 224, 1000, {"model.name=slab_deit_t"}}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace slab::testing
