// A model in evaluation mode for a while.
#pragma once

#include <torch/nn/module.h>

namespace slab::train {

/// Puts a model into evaluation mode for a scope, and then back into the mode it was in.
class EvaluationMode {
 public:
  explicit EvaluationMode(torch::nn::Module& model) : model_(model), wasTraining_(model.is_training()) {
    model_.eval();
  }
  ~EvaluationMode() { model_.train(wasTraining_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  torch::nn::Module& model_;
  bool wasTraining_;
};

}  // namespace slab::train
