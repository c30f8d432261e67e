#include "gui/tiny_training.h"

#include <QString>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/rng.h"
#include "core/formats/npy.h"

namespace slab::test {
namespace {

constexpr std::int64_t kImages = 24, kSide = 16, kClasses = 5;

constexpr char kConfig[] = R"json({
  "model": {"name": "slab_swin_t", "image_size": 16, "patch_size": 2, "in_channels": 1, "classes": 5,
            "embed_dim": 16, "depths": [1, 2], "heads": [1, 2], "window": 8, "attention": "LS", "drop_path": 0},
  "prepbn": {"lambda_end": "80%"},
  "data": {"type": "tensors", "images": "%1/images.npy", "labels": "%1/labels.npy",
           "val_images": "%1/images.npy", "val_labels": "%1/labels.npy"},
  "train": {"steps": %2, "batch": 4, "eval_every": 0, "checkpoint_every": %3},
  "optim": {"lr": 0.002, "warmup": 0, "schedule": "warmup_cosine"},
  "device": "cpu", "threads": 1,
  "ops": {"linear": "torch"}
})json";

}  // namespace

QByteArray tinyTraining(const std::filesystem::path& folder, long steps, long checkpoint_every) {
  std::vector<float> images;
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < kImages; ++i) {
    labels.push_back(i % kClasses);
    Random noise(hashKeys(static_cast<std::uint64_t>(i)));
    for (std::int64_t pixel = 0; pixel < kSide * kSide; ++pixel) {
      const double stripe = std::sin(static_cast<double>(pixel % kSide) * static_cast<double>(labels.back() + 1) * 0.4);
      images.push_back(static_cast<float>(stripe + noise.uniform() - 0.5));
    }
  }
  writeNpy((folder / "images.npy").string(), std::vector<std::int64_t>{kImages, 1, kSide, kSide}, images);
  writeNpy((folder / "labels.npy").string(), ElementType::I64, std::vector<std::int64_t>{kImages},
           std::as_bytes(std::span(labels)));
  return QString(kConfig).arg(QString::fromStdString(folder.string())).arg(steps).arg(checkpoint_every).toUtf8();
}

}  // namespace slab::test
