// What a training job trains: the data sets, the model and the task around them, by the kind of the configuration.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "core/base/rank_environment.h"
#include "core/config/run_config.h"
#include "core/data/loader.h"
#include "core/models/backbone.h"
#include "core/models/detection/pyramid_backbone.h"
#include "core/train/adamw.h"
#include "core/train/ema.h"
#include "core/train/ranks.h"
#include "core/train/task.h"

namespace slab::train {

/// Made and used on the training thread. Called in this order: openTrainingSet, trainingLoader, openValidation, build,
/// loadInitialWeights, optimizer, makeTask. `config` must outlive it.
class TrainingSubject {
 public:
  virtual ~TrainingSubject() = default;

  /// Images to train on. What is passed over is told to the log.
  virtual std::int64_t openTrainingSet() = 0;
  virtual std::unique_ptr<data::Loader> trainingLoader(const RankEnvironment& ranks,
                                                       data::Loader::OnSkipped onSkipped) = 0;
  /// This process's share of the validation set. Without one there is no evaluation.
  virtual void openValidation(const RankEnvironment& ranks, data::Loader::OnSkipped onSkipped) = 0;

  /// New weights, drawn from LibTorch's default generator, on the CPU.
  virtual void build() = 0;
  [[nodiscard]] virtual torch::nn::Module& module() = 0;
  /// What the configuration says to begin with, in place of the new ones.
  virtual void loadInitialWeights() = 0;
  [[nodiscard]] virtual AdamW optimizer() = 0;
  /// `average` may be null, and so may `ranks`, of a process that is alone.
  virtual std::unique_ptr<Task> makeTask(c10::Device device, Ema* average, Ranks* ranks) = 0;

  /// nullptr for a detector.
  [[nodiscard]] virtual Backbone* classifier() { return nullptr; }
  /// Training images without mixing, for the statistics pass of a classifier.
  virtual std::unique_ptr<data::Loader> recalibrationLoader() = 0;
  /// Makes the timed choices of `ops.linear = auto` that a step needs, as far as they can be known beforehand.
  virtual void timeLinearLayers(c10::Device /*device*/) {}
};

/// Reads `detector.pretrained` into the backbone of a detector.
using LoadBackbone = std::function<void(PyramidBackbone&)>;

/// Of data.type coco a detector, else a classifier.
std::unique_ptr<TrainingSubject> makeSubject(const RunConfig& config, LoadBackbone loadBackbone);

std::unique_ptr<TrainingSubject> makeClassifierSubject(const RunConfig& config);
std::unique_ptr<TrainingSubject> makeDetectorSubject(const RunConfig& config, LoadBackbone loadBackbone);

}  // namespace slab::train
