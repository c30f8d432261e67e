// Classification as a task: smoothed or mixed labels, top-1 on the validation set.
#pragma once

#include <c10/core/Device.h>

#include "core/config/run_config.h"
#include "core/data/loader.h"
#include "core/train/ranks.h"
#include "core/train/task.h"

namespace slab::train {

/// Everything given must outlive the task. The loss is computed in float32.
class ClassificationTask final : public Task {
 public:
  /// `validation`, `average` and `ranks` may be null: no evaluation, no averaged weights to evaluate, no other process
  /// to share an evaluation with.
  ClassificationTask(Backbone& model, const RunConfig& config, data::Loader* validation, c10::Device device,
                     Backbone* average = nullptr, Ranks* ranks = nullptr)
      : model_(model), config_(config), validation_(validation), device_(device), average_(average), ranks_(ranks) {}

  [[nodiscard]] torch::nn::Module& module() override { return model_; }
  [[nodiscard]] nn::Context& context() override { return *model_.context(); }
  PieceLoss loss(const data::Batch& batch, std::int64_t begin, std::int64_t end, std::uint64_t key) override;
  [[nodiscard]] bool hasValidation() const override { return validation_ != nullptr; }
  std::optional<Evaluation> evaluate(const OnEvaluated& goesOn) override;
  [[nodiscard]] Backbone* classifier() override { return &model_; }
  std::optional<Score> scoreOfRepBn(const OnEvaluated& goesOn) override;

 private:
  Backbone& model_;
  const RunConfig& config_;
  data::Loader* validation_;
  c10::Device device_;
  Backbone* average_;
  Ranks* ranks_;
};

}  // namespace slab::train
