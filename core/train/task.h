// What a trainer trains: a model with its loss and its evaluation. Classification and detection are one each.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/config/train_config.h"
#include "core/data/batch.h"
#include "core/models/backbone.h"
#include "core/nn/context.h"
#include "core/train/evaluate.h"

namespace slab::train {

/// A part of a loss, under the name of its series ("loss/mask").
struct LossTerm {
  std::string name;
  at::Tensor value;  // scalar
};

/// Means over the images of a piece; `total` is float32 and differentiable.
struct PieceLoss {
  at::Tensor total;
  std::vector<LossTerm> terms;  // none where the loss has one part
};

/// Used by the training thread.
class Task {
 public:
  virtual ~Task() = default;

  /// All weights and statistics, as they are saved.
  [[nodiscard]] virtual torch::nn::Module& module() = 0;
  /// lambda, drop path and probes of the model.
  [[nodiscard]] virtual nn::Context& context() = 0;

  /// One training forward of the images [begin, end) of a batch, in the precision of the configuration. What the loss
  /// draws depends on `key`; the noise of the forward on LibTorch's generators.
  virtual PieceLoss loss(const data::Batch& batch, std::int64_t begin, std::int64_t end, std::uint64_t key) = 0;

  [[nodiscard]] virtual bool hasValidation() const = 0;
  /// Over the validation set, in evaluation mode; leaves the mode as it was. Nothing where `goesOn` ended it.
  ///
  /// In a distributed training every process makes the call, with the same weights and statistics, and evaluates its
  /// share; `goesOn` answers the same in all. Rank 0 gets the numbers of the whole set.
  virtual std::optional<Evaluation> evaluate(const OnEvaluated& goesOn) = 0;

  /// The model where it is one that the statistics pass is for.
  [[nodiscard]] virtual Backbone* classifier() { return nullptr; }
  /// Of a classifier's RepBN alone, shared as `evaluate` is; nothing without validation data, or where `goesOn` ended
  /// it.
  virtual std::optional<Score> scoreOfRepBn(const OnEvaluated& /*goesOn*/) { return std::nullopt; }
};

/// What a forward is computed in; nothing: as the weights are.
std::optional<at::ScalarType> reducedType(Precision precision);

}  // namespace slab::train
