#include "core/jobs/tiny_run.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

#include "core/base/rng.h"
#include "core/formats/npy.h"

namespace slab::testing {
namespace {

constexpr std::int64_t kSide = 16, kClasses = 5;

void writeSplit(const std::filesystem::path& folder, const std::string& prefix, std::int64_t count, int poison) {
  std::vector<float> images;
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < count; ++i) {
    labels.push_back((3 * i) % kClasses);
    Random noise(hashKeys(static_cast<std::uint64_t>(count), static_cast<std::uint64_t>(i)));
    for (std::int64_t pixel = 0; pixel < kSide * kSide; ++pixel) {
      // Stripes whose period is the label, under noise: learnable, but not at once.
      const double stripe = std::sin(static_cast<double>(pixel % kSide) * static_cast<double>(labels.back() + 1) * 0.4);
      images.push_back(static_cast<float>(stripe + noise.uniform() - 0.5));
    }
    if (i == poison) images.back() = std::numeric_limits<float>::quiet_NaN();
  }
  writeNpy((folder / (prefix + "images.npy")).string(), std::vector<std::int64_t>{count, 1, kSide, kSide}, images);
  writeNpy((folder / (prefix + "labels.npy")).string(), ElementType::I64, std::vector<std::int64_t>{count},
           std::as_bytes(std::span(labels)));
}

constexpr const char* kText = R"json({
  "model": {"name": "slab_swin_t", "image_size": 16, "patch_size": 2, "in_channels": 1, "classes": 5,
            "embed_dim": 16, "depths": [1, 2], "heads": [1, 2], "window": 8, "attention": "LS", "drop_path": 0.3},
  "prepbn": {"warmup": 2, "lambda_end": 10},
  "train": {"steps": 12, "batch": 4, "seed": 7, "clip": 5, "eval_every": 6, "checkpoint_every": 0, "log_norms": true},
  "optim": {"lr": 0.002, "warmup": 2, "schedule": "warmup_cosine"},
  "device": "cpu", "threads": 1,
  "ops": {"linear": "torch"}
})json";

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "slab-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw Error(ErrorKind::Internal, "can't make " + name);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void writeTinyData(const std::filesystem::path& folder, int poison) {
  writeSplit(folder, "", 24, poison);
  writeSplit(folder, "val_", 10, -1);
}

LoadedConfig tinyConfig(const std::filesystem::path& data, const std::vector<std::string>& overrides) {
  std::vector<std::string> all{"data.type=tensors"};
  for (const char* name : {"images", "labels", "val_images", "val_labels"}) {
    all.push_back(std::string("data.") + name + "=" + (data / (std::string(name) + ".npy")).string());
  }
  all.insert(all.end(), overrides.begin(), overrides.end());
  return loadConfig({.preset = "", .text = kText, .fileName = "tiny", .overrides = all});
}

std::vector<Json> Finished::ofKind(const std::string& kind) const {
  std::vector<Json> found;
  for (const auto& event : events) {
    if (event["event"] == kind) found.push_back(event);
  }
  return found;
}

Finished train(TrainRequest request, const std::function<void(TrainSession&, const Json&)>& onEvent) {
  Finished finished;
  TrainSession* running = nullptr;
  TrainCallbacks callbacks;
  callbacks.onEvent = [&](const Json& event) {
    finished.events.push_back(event);
    if (onEvent) onEvent(*running, event);
  };
  TrainSession session(std::move(request), std::move(callbacks));
  running = &session;
  session.start();
  finished.outcome = session.wait();
  return finished;
}

TrainRequest newRun(LoadedConfig config, const std::filesystem::path& run) {
  TrainRequest request;
  request.config = std::move(config);
  request.run = run;
  return request;
}

TrainRequest resumed(const std::filesystem::path& run) {
  TrainRequest request;
  request.run = run;
  request.resume = true;
  return request;
}

std::string contentOf(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace slab::testing
