// The base of all classification models.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <optional>
#include <vector>

#include "core/config/model_config.h"
#include "core/models/fold_site.h"
#include "core/models/norm_counters.h"
#include "core/nn/attention/attention.h"
#include "core/nn/context.h"

namespace slab {

/// images (B, channels, size, size), already normalised, -> logits (B, classes). The names of parameters
/// and buffers, and their order, are the reference's state dict. One thread at a time.
class Backbone : public torch::nn::Module {
 public:
  /// Throws Error(Data) where the images' shape is not the configuration's.
  at::Tensor forward(const at::Tensor& images);
  /// What the head sees: (B, width of the last stage).
  virtual at::Tensor forwardFeatures(const at::Tensor& images) = 0;

  [[nodiscard]] const ModelConfig& config() const { return config_; }

  /// lambda of the coming training forwards, shared by all PRepBN norms; `layerNormOnly` is the
  /// reference's warm-up. Costs nothing and touches no tensor.
  void setLambda(double lambda, bool layerNormOnly = false);
  [[nodiscard]] const nn::LambdaState& lambda() const { return context_->lambda; }
  /// What PRepBN norms compute in evaluation; RepBn unless set.
  void setEvalBranch(nn::EvalBranch branch) { context_->lambda.evalBranch = branch; }
  /// Source of drop-path noise, of the device the model runs on; nothing: LibTorch's default generator.
  void setGenerator(std::optional<at::Generator> generator) { context_->generator = std::move(generator); }
  /// Trades time for memory in training: a block's activations are made again in the backward. The gradients are the
  /// same bit for bit.
  void setRecompute(bool recompute) { context_->recompute = recompute; }
  /// Shared with all modules of the model.
  [[nodiscard]] const nn::ContextPtr& context() const { return context_; }
  /// nullptr ends a capture. Not owned.
  void setProbe(nn::AttentionProbe* probe) { context_->probe = probe; }
  /// nullptr ends a measurement. Not owned.
  void setTimer(nn::StageTimer* timer) { context_->timer = timer; }
  /// nullptr ends the watch. Not owned.
  void setNormProbe(nn::NormProbe* probe) { context_->normProbe = probe; }

  /// Writes the counters into every PRepBN norm; do it before a state dict is saved.
  void setCounters(const NormCounters& counters);
  /// The largest of each counter over the PRepBN norms; nothing where the model has none.
  [[nodiscard]] std::optional<NormCounters> counters() const;

  /// All norms still in place, in the order of the forward.
  virtual std::vector<FoldSite> foldSites() = 0;
  /// All attentions, in the order of the forward.
  virtual std::vector<nn::Attention*> attentionLayers() = 0;
  [[nodiscard]] std::int64_t parameterCount() const;

  using torch::nn::Module::to;
  /// Converts floating-point parameters and buffers; counters and indices stay integers.
  void to(torch::Dtype dtype, bool nonBlocking = false) override;

 protected:
  explicit Backbone(ModelConfig config);
  /// Call last in the constructor: the head ends the state dict.
  void registerHead(std::int64_t width);

  std::shared_ptr<nn::Linear> head_;

 private:
  ModelConfig config_;
  nn::ContextPtr context_;
};

/// Appends a site, unless the slot has been folded already.
void addFoldSite(std::vector<FoldSite>& sites, FoldSite site);

}  // namespace slab
