// The base of all backbones of detectors: images of any size in, one map a stage out.
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

/// Rows and columns of a map of tokens.
struct Grid {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

/// Batch statistics are frozen unless told otherwise: train() leaves every BatchNorm in evaluation (running statistics,
/// used and not moved), as the published detectors do; gamma, beta and alpha train on, and PRepBN goes on mixing by
/// lambda. One thread at a time.
class PyramidBackbone : public torch::nn::Module {
 public:
  /// images (B, channels, H, W), already normalised -> maps (B, width of the stage, rows, columns), finest first; each
  /// stage halves rows and columns, rounded up. Throws Error(Data) where the images' shape is wrong.
  virtual std::vector<at::Tensor> forward(const at::Tensor& images) = 0;
  /// All norms still in place, in the order of the forward.
  virtual std::vector<FoldSite> foldSites() = 0;
  /// In the order of the forward; their places are those of the last forward's maps, filled up to whole windows.
  virtual std::vector<nn::Attention*> attentionLayers() = 0;

  [[nodiscard]] const ModelConfig& config() const { return config_; }

  /// As those of Backbone.
  void setLambda(double lambda, bool layerNormOnly = false);
  [[nodiscard]] const nn::LambdaState& lambda() const { return context_->lambda; }
  void setEvalBranch(nn::EvalBranch branch) { context_->lambda.evalBranch = branch; }
  void setGenerator(std::optional<at::Generator> generator) { context_->generator = std::move(generator); }
  void setTimer(nn::StageTimer* timer) { context_->timer = timer; }
  void setProbe(nn::AttentionProbe* probe) { context_->probe = probe; }
  void setNormProbe(nn::NormProbe* probe) { context_->normProbe = probe; }
  /// Shared with all modules of the backbone.
  [[nodiscard]] const nn::ContextPtr& context() const { return context_; }

  /// From the next train() on. A detector that begins with new weights has no statistics to freeze.
  void setFreezesStatistics(bool freezes) { freezesStatistics_ = freezes; }
  void train(bool on = true) override;
  using torch::nn::Module::to;
  /// Converts floating-point parameters and buffers; counters and indices stay integers.
  void to(torch::Dtype dtype, bool nonBlocking = false) override;

 protected:
  explicit PyramidBackbone(const ModelConfig& config) : config_(config), context_(std::make_shared<nn::Context>()) {}
  void requireImages(const at::Tensor& images) const;

 private:
  ModelConfig config_;
  nn::ContextPtr context_;
  bool freezesStatistics_ = true;
};

}  // namespace slab
