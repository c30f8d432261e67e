// The whole configuration of a run: one struct a group of keys. describe.h names every key.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/data_config.h"
#include "core/config/detector_config.h"
#include "core/config/duration.h"
#include "core/config/model_config.h"
#include "core/config/train_config.h"

namespace slab {

/// Keys `prepbn.*`: the hand-over from LayerNorm to RepBN (lambda 1 -> 0).
struct PrepbnConfig {
  Duration warmup = Duration::steps(0);
  Duration lambdaEnd = Duration::percent(80);
  /// Batches of the statistics phase; 0 = none.
  std::int64_t recalibrate = 0;
  std::string recalibrateWith = "cumulative";
  /// Of a distributed run.
  std::string statistics = "local";
  Duration watchEvery = Duration::percent(1);
  friend bool operator==(const PrepbnConfig&, const PrepbnConfig&) = default;
};

/// Keys `ops.*`: which implementation computes.
struct OpsConfig {
  std::string backend = "auto";
  std::string linear = "auto";
  friend bool operator==(const OpsConfig&, const OpsConfig&) = default;
};

struct RunConfig {
  ModelConfig model;
  DetectorKeys detector;
  PrepbnConfig prepbn;
  DataConfig data;
  TrainConfig train;
  OptimConfig optim;
  EmaConfig ema;
  std::string device = "auto";
  std::int64_t threads = 0;
  OpsConfig ops;

  /// Whether a detector on the backbone `model` is trained; else a classifier, to which `detector` means nothing.
  [[nodiscard]] bool isDetector() const { return data.type == DataType::Coco; }

  friend bool operator==(const RunConfig&, const RunConfig&) = default;
};

/// `detector` on the backbone `model`.
inline DetectorConfig detectorOf(const RunConfig& config) {
  return {config.detector, config.model};
}

}  // namespace slab
