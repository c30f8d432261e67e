// DeiT (Touvron et al., 2021) with softmax or simplified linear attention.
#pragma once

#include <memory>
#include <vector>

#include "core/models/backbone.h"
#include "core/nn/drop_path.h"
#include "core/nn/mlp.h"
#include "core/nn/norms/make_norm.h"
#include "core/nn/patch_embed.h"

namespace slab {

/// x += DropPath(attn(norm1(x))), x += DropPath(mlp(norm2(x))). Registered names: "norm1", "attn",
/// "norm2", "mlp".
class DeitBlock : public torch::nn::Module {
 public:
  DeitBlock(const ModelConfig& config, std::int64_t index, const nn::NormFactory& norms);
  at::Tensor forward(const at::Tensor& tokens);

  nn::NormSlot norm1;
  std::shared_ptr<nn::JointAttention> attn;
  nn::NormSlot norm2;
  std::shared_ptr<nn::Mlp> mlp;

 private:
  nn::ResidualDropPath residual_;
  nn::ContextPtr context_;
};

/// Softmax: a class token goes in front and its final value goes to the head. Linear: no class token in
/// the forward, the tokens' mean goes to the head; `cls_token` stays a parameter without gradient, as in
/// the reference. Registered names: "cls_token", "pos_embed", "patch_embed", "blocks", "norm", "head".
class Deit : public Backbone {
 public:
  explicit Deit(const ModelConfig& config);
  at::Tensor forwardFeatures(const at::Tensor& images) override;
  std::vector<FoldSite> foldSites() override;
  std::vector<nn::Attention*> attentionLayers() override;

 private:
  bool usesClassToken_;
  at::Tensor clsToken_;
  at::Tensor posEmbed_;
  std::shared_ptr<nn::PatchEmbed> patchEmbed_;
  std::vector<std::shared_ptr<DeitBlock>> blocks_;
  std::optional<nn::NormSlot> norm_;
};

}  // namespace slab
