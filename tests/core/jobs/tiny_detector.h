// A training of a detector that takes seconds: ten small images and a backbone of five thin blocks.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/config/load.h"
#include "core/data/tiny_coco.h"

namespace slab::testing {

/// Eight steps of two batches of two over the set that writeTinyCoco left in `data`: an epoch is two steps. Everything
/// pinned, drop path on; `overrides` as after --set.
inline LoadedConfig tinyDetectorConfig(const std::filesystem::path& data,
                                       const std::vector<std::string>& overrides = {}) {
  constexpr const char* kText = R"json({
    "detector": {"name": "mask_rcnn_scenes", "classes": 3, "freeze_statistics": false, "channels": 16, "hidden": 32,
                 "mask_channels": 16, "anchor_samples": 64, "region_samples": 32, "proposals": 50,
                 "proposals_train": 100, "proposals_test": 60, "detections": 20, "score": 0.01},
    "model": {"embed_dim": 8, "depths": [1, 2, 1, 1], "heads": [1, 1, 2, 2], "attention": "LLSS", "window": 8,
              "drop_path": 0.2},
    "prepbn": {"lambda_end": 6},
    "data": {"type": "coco", "augment": "flip", "sides": [48, 64], "longest": 128},
    "train": {"steps": 8, "batch": 2, "accumulate": 2, "seed": 3, "eval_every": 4, "checkpoint_every": 0},
    "optim": {"lr": 0.002, "warmup": 2, "schedule": "warmup_cosine"},
    "device": "cpu", "threads": 1,
    "ops": {"linear": "torch"}
  })json";
  std::vector<std::string> all{"data.root=" + data.string()};
  all.insert(all.end(), overrides.begin(), overrides.end());
  return loadConfig({.preset = "", .text = kText, .fileName = "tiny detector", .overrides = all});
}

}  // namespace slab::testing
