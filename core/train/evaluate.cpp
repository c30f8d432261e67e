#include "core/train/evaluate.h"

#include <torch/torch.h>

#include "core/base/clock.h"
#include "core/train/evaluation_mode.h"
#include "core/train/loss.h"

namespace slab::train {
namespace {

/// Adds up batches of logits.
class Tally {
 public:
  void add(const at::Tensor& logits, const at::Tensor& labels) {
    constexpr std::int64_t kFive = 5;
    const std::int64_t count = labels.size(0);
    lossSum_ += labelSmoothedCrossEntropy(logits, labels, 0.0).item<double>() * static_cast<double>(count);
    right1_ += countTopK(logits, labels, 1);
    right5_ += countTopK(logits, labels, kFive);
    images_ += count;
  }
  [[nodiscard]] std::int64_t images() const { return images_; }
  [[nodiscard]] Score score() const {
    if (images_ == 0) return {};
    const auto images = static_cast<double>(images_);
    return {100.0 * static_cast<double>(right1_) / images, 100.0 * static_cast<double>(right5_) / images,
            lossSum_ / images};
  }

 private:
  double lossSum_ = 0;
  std::int64_t right1_ = 0, right5_ = 0, images_ = 0;
};

/// Makes RepBN the branch of evaluation again at the end of a scope.
class BranchReset {
 public:
  explicit BranchReset(Backbone& model) : model_(model) {}
  ~BranchReset() { model_.setEvalBranch(nn::EvalBranch::RepBn); }
  BranchReset(const BranchReset&) = delete;
  BranchReset& operator=(const BranchReset&) = delete;

 private:
  Backbone& model_;
};

/// Calls `onBatch(images, labels, batches done)` for the whole set, in evaluation mode and without gradients.
template <typename OnBatch>
void forEachBatch(Backbone& model, data::Loader& loader, c10::Device device, OnBatch&& onBatch) {
  const at::NoGradGuard noGrad;
  const EvaluationMode mode(model);
  loader.seek(0);
  for (std::int64_t i = 0; i < loader.batchesPerEpoch(); ++i) {
    const data::Batch batch = loader.next();
    onBatch(batch.images.to(device), batch.labels.to(device), i + 1);
  }
}

Evaluation toEvaluation(const Tally& tally, const Stopwatch& watch) {
  Evaluation result{tally.score(), {}, {}, {}, tally.images(), 0};
  result.seconds = watch.seconds();
  return result;
}

/// The forms of a PRepBN model, one tally each.
class Transition {
 public:
  explicit Transition(Backbone& model) : model_(model) {
    const auto [lambda, layerNormOnly, branch] = model.lambda();
    isLayerNorm_ = layerNormOnly || lambda >= 1;
    isRepBn_ = !isLayerNorm_ && lambda <= 0;
  }

  /// Counts the forms that are not RepBN alone, and leaves RepBN as the branch.
  void add(const at::Tensor& images, const at::Tensor& labels) {
    add(layerNorm_, nn::EvalBranch::LayerNorm, images, labels);
    if (!isLayerNorm_ && !isRepBn_) add(mixture_, nn::EvalBranch::Mixture, images, labels);
    model_.setEvalBranch(nn::EvalBranch::RepBn);
  }

  [[nodiscard]] TransitionScores scores(const Tally& repBn) const {
    const Tally& mixed = isLayerNorm_ ? layerNorm_ : isRepBn_ ? repBn : mixture_;
    return {mixed.score(), layerNorm_.score()};
  }

 private:
  void add(Tally& tally, nn::EvalBranch branch, const at::Tensor& images, const at::Tensor& labels) {
    model_.setEvalBranch(branch);
    tally.add(model_.forward(images), labels);
  }

  Backbone& model_;
  bool isLayerNorm_ = false, isRepBn_ = false;
  Tally layerNorm_, mixture_;
};

}  // namespace

Evaluation evaluate(Backbone& model, data::Loader& loader, c10::Device device,
                    const std::function<void(std::int64_t)>& onBatch) {
  const Stopwatch watch;
  Tally tally;
  forEachBatch(model, loader, device, [&](const at::Tensor& images, const at::Tensor& labels, std::int64_t done) {
    tally.add(model.forward(images), labels);
    if (onBatch) onBatch(done);
  });
  return toEvaluation(tally, watch);
}

Evaluation evaluateTransition(Backbone& model, data::Loader& loader, c10::Device device, Backbone* average) {
  const Stopwatch watch;
  const BranchReset reset(model);
  model.setEvalBranch(nn::EvalBranch::RepBn);
  std::optional<Transition> transition;
  if (model.config().norm == NormKind::PrepBn) transition.emplace(model);
  Tally repBn, averaged;
  forEachBatch(model, loader, device, [&](const at::Tensor& images, const at::Tensor& labels, std::int64_t) {
    repBn.add(model.forward(images), labels);
    if (transition) transition->add(images, labels);
    if (average != nullptr) averaged.add(average->forward(images), labels);
  });
  Evaluation result = toEvaluation(repBn, watch);
  if (transition) result.transition = transition->scores(repBn);
  if (average != nullptr) result.average = averaged.score();
  return result;
}

}  // namespace slab::train
