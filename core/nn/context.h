// What all modules of one model share: lambda, the source of drop-path noise, and the probes.
//
// One Context a model, owned by its Backbone and held by its modules. The thread that runs the model is
// the only one that writes it, between forwards. Everything here lives on the host, so that no forward
// reads a device.
#pragma once

#include <ATen/core/Generator.h>

#include <memory>
#include <optional>
#include <string_view>

namespace slab::nn {

class AttentionProbe;
class NormProbe;

/// What a PRepBN norm computes in evaluation. RepBn is the deployed form and the default; the others
/// show how far the transition has come.
enum class EvalBranch { RepBn, LayerNorm, Mixture };

/// lambda of the paper: PRepBN(x) = lambda LN(x) + (1 - lambda) RepBN(x).
struct LambdaState {
  double lambda = 1.0;
  /// The reference's warm-up: LayerNorm alone is evaluated and RepBN's statistics rest.
  bool layerNormOnly = false;
  EvalBranch evalBranch = EvalBranch::RepBn;
};

/// Receives nested, balanced begin/end calls around the parts of a forward. The outer names are places
/// ("patch_embed", "layers.0", "norm", "head"), the inner ones kinds of work ("norm", "window", "reduction",
/// "qkv", "attention", "proj", "mlp", "merge"). A part's time less that of its inner parts is what remains
/// unnamed in it, so the tree adds up by construction.
class StageTimer {
 public:
  virtual ~StageTimer() = default;
  virtual void begin(std::string_view part) = 0;
  virtual void end() = 0;
};

struct Context {
  LambdaState lambda;
  /// Blocks run again in the backward instead of keeping their activations.
  bool recompute = false;
  /// Source of drop-path noise; LibTorch's default generator of the device where it is not set.
  std::optional<at::Generator> generator;
  AttentionProbe* probe = nullptr;  // not owned; null outside a capture
  StageTimer* timer = nullptr;      // not owned; null outside a measurement
  NormProbe* normProbe = nullptr;   // not owned; null but in the steps that are watched
};

using ContextPtr = std::shared_ptr<Context>;

/// Tells the timer, if there is one, about the scope it lives in.
class StageScope {
 public:
  StageScope(const Context& context, std::string_view part) : timer_(context.timer) {
    if (timer_) timer_->begin(part);
  }
  ~StageScope() {
    if (timer_) timer_->end();
  }
  StageScope(const StageScope&) = delete;
  StageScope& operator=(const StageScope&) = delete;

 private:
  StageTimer* timer_;
};

}  // namespace slab::nn
