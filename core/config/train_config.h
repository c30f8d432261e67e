// Keys `train.*`, `optim.*` and `ema.*`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/duration.h"

namespace slab {

enum class Precision { Fp32, Bf16, Fp16 };
enum class LrScheduleKind { Constant, WarmupCosine, TimmCosine, Step };
enum class DecayRule { Reference, All };

struct TrainConfig {
  std::int64_t epochs = 300;
  /// Overrides epochs where > 0.
  std::int64_t steps = 0;
  std::int64_t batch = 128;
  std::int64_t accumulate = 1;
  std::string init;
  std::int64_t seed = 0;
  Precision precision = Precision::Fp32;
  double labelSmoothing = 0.1;
  /// Global L2 norm; 0 = no clipping.
  double clip = 0.0;
  Duration evalEvery = Duration::epochs(1);
  Duration checkpointEvery = Duration::epochs(1);
  Duration logEvery = Duration::steps(1);
  bool logNorms = false;
  /// Activation checkpointing: blocks run again in the backward pass instead of keeping their activations.
  bool recompute = false;
  std::int64_t keepLast = 2;
  bool tensorboard = false;

  friend bool operator==(const TrainConfig&, const TrainConfig&) = default;
};

struct OptimConfig {
  std::string name = "adamw";
  double lr = 5e-4;
  /// Effective rate = lr x effective batch / lrBatch; 0 = no scaling.
  std::int64_t lrBatch = 0;
  Duration warmup = Duration::steps(0);
  double warmupLr = 0.0;
  double minLr = 0.0;
  /// After the steps of `train.epochs` or `train.steps`, at minLr.
  Duration cooldown = Duration::steps(0);
  LrScheduleKind schedule = LrScheduleKind::TimmCosine;
  /// Of the schedule step: epochs after which the rate falls by `gamma`.
  std::vector<double> milestones{8.0, 11.0};
  double gamma = 0.1;
  std::vector<double> betas{0.9, 0.999};
  double eps = 1e-8;
  double weightDecay = 0.05;
  DecayRule decay = DecayRule::Reference;

  friend bool operator==(const OptimConfig&, const OptimConfig&) = default;
};

struct EmaConfig {
  /// 0 = off.
  double decay = 0.0;
  friend bool operator==(const EmaConfig&, const EmaConfig&) = default;
};

}  // namespace slab
