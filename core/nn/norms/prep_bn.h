// PRepBN (SLAB, arXiv 2405.11582, section 3.2): a LayerNorm that hands over to RepBN during training,
// PRepBN(x) = lambda LN(x) + (1 - lambda) RepBN(x).
#pragma once

#include <memory>

#include "core/nn/context.h"
#include "core/nn/norms/layer_norm.h"
#include "core/nn/norms/norm.h"
#include "core/nn/norms/rep_bn.h"

namespace slab::nn {

/// The reference's LinearNorm: registered names are "warm", "iter", "total_step", "norm1", "norm2".
///
/// lambda comes from the model's Context. The three int64 counters are only what the reference reads from
/// a file: training never touches them here, Backbone::setCounters writes them before a save.
/// In evaluation the output is RepBN alone, whatever lambda is, unless the Context asks for another branch.
class PrepBn : public Norm {
 public:
  /// The reference's constructor value of iter and total_step.
  static constexpr std::int64_t kReferenceSteps = 300000;

  PrepBn(std::int64_t channels, double layerNormEps, ContextPtr context);
  at::Tensor forward(const at::Tensor& tokens) override;
  [[nodiscard]] std::optional<ChannelAffine> evalAffine() const override { return norm2->evalAffine(); }
  [[nodiscard]] std::int64_t channels() const override { return norm2->channels(); }

  at::Tensor warm;
  at::Tensor iter;
  at::Tensor totalStep;
  std::shared_ptr<LayerNorm> norm1;
  std::shared_ptr<RepBn> norm2;

 private:
  at::Tensor forwardEval(const at::Tensor& tokens);
  at::Tensor mixture(const at::Tensor& tokens);

  ContextPtr context_;
};

}  // namespace slab::nn
