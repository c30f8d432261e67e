#include "core/train/evaluate.h"

#include <torch/torch.h>

#include <cstring>
#include <vector>

#include "core/base/clock.h"
#include "core/train/evaluation_mode.h"
#include "core/train/loss.h"

namespace slab::train {
namespace {

/// What one batch came to; counts are whole numbers, and so exact in double.
struct BatchTally {
  double lossSum = 0, right1 = 0, right5 = 0, images = 0;
};

/// Batches kept apart, so that what several processes found can be added up in the order of the data set.
class Tally {
 public:
  /// One forward; none for a batch without a sample that counts: an empty one, of a process that nothing is left for,
  /// or one of stand-ins alone (data::kUncounted).
  void add(Backbone& model, const at::Tensor& images, const at::Tensor& given) {
    constexpr std::int64_t kFive = 5;
    BatchTally& batch = batches_.emplace_back();
    const at::Tensor counted = (given != data::kUncounted).nonzero().squeeze(1);
    if (counted.size(0) == 0) return;
    const at::Tensor labels = given.index_select(0, counted);
    const at::Tensor logits = model.forward(images).index_select(0, counted);
    batch.images = static_cast<double>(labels.size(0));
    batch.lossSum = labelSmoothedCrossEntropy(logits, labels, 0.0).item<double>() * batch.images;
    batch.right1 = static_cast<double>(countTopK(logits, labels, 1));
    batch.right5 = static_cast<double>(countTopK(logits, labels, kFive));
  }

  /// Puts in the batches of the other processes; all have as many.
  void gather(ops::RankGather& ranks) {
    constexpr std::int64_t kNumbers = 4;
    static_assert(sizeof(BatchTally) == kNumbers * sizeof(double));
    if (batches_.empty()) return;
    const auto count = static_cast<std::int64_t>(batches_.size());
    const at::Tensor own = at::from_blob(batches_.data(), {count, kNumbers}, at::kDouble);
    // Process r took batches r, N + r, 2 N + r, ...
    const at::Tensor all = ranks.gather(own).transpose(0, 1).contiguous();
    batches_.resize(static_cast<std::size_t>(all.numel() / kNumbers));
    std::memcpy(batches_.data(), all.const_data_ptr<double>(), all.nbytes());
  }

  [[nodiscard]] BatchTally total() const {
    BatchTally sum;
    for (const BatchTally& batch : batches_) {
      sum.lossSum += batch.lossSum;
      sum.right1 += batch.right1;
      sum.right5 += batch.right5;
      sum.images += batch.images;
    }
    return sum;
  }
  [[nodiscard]] Score score() const {
    const BatchTally sum = total();
    if (sum.images == 0) return {};
    return {100.0 * sum.right1 / sum.images, 100.0 * sum.right5 / sum.images, sum.lossSum / sum.images};
  }

 private:
  std::vector<BatchTally> batches_;
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

/// Calls `onBatch(images, labels)` for all batches of the loader, in evaluation mode and without gradients; false
/// where `goesOn` ended it before the last.
template <typename OnBatch>
bool forEachBatch(Backbone& model, data::Loader& loader, c10::Device device, const OnEvaluated& goesOn,
                  OnBatch&& onBatch) {
  const at::NoGradGuard noGrad;
  const EvaluationMode mode(model);
  const std::int64_t batches = loader.batchesPerEpoch();
  std::int64_t done = 0, total = 0;
  for (std::int64_t i = 0; i < batches; ++i) total += loader.sizeTogether(i);
  loader.seek(0);
  for (std::int64_t i = 0; i < batches; ++i) {
    const data::Batch batch = loader.next();
    onBatch(batch.images.to(device), batch.labels.to(device));
    done += loader.sizeTogether(i);
    if (goesOn && !goesOn(done, total) && done < total) return false;
  }
  return true;
}

Evaluation toEvaluation(const Tally& tally, const Stopwatch& watch) {
  Evaluation result{tally.score(), {}, {}, {}, static_cast<std::int64_t>(tally.total().images), 0};
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
  void gather(ops::RankGather& ranks) {
    layerNorm_.gather(ranks);
    mixture_.gather(ranks);
  }

  [[nodiscard]] TransitionScores scores(const Tally& repBn) const {
    const Tally& mixed = isLayerNorm_ ? layerNorm_ : isRepBn_ ? repBn : mixture_;
    return {mixed.score(), layerNorm_.score()};
  }

 private:
  void add(Tally& tally, nn::EvalBranch branch, const at::Tensor& images, const at::Tensor& labels) {
    model_.setEvalBranch(branch);
    tally.add(model_, images, labels);
  }

  Backbone& model_;
  bool isLayerNorm_ = false, isRepBn_ = false;
  Tally layerNorm_, mixture_;
};

}  // namespace

std::optional<Evaluation> evaluate(Backbone& model, data::Loader& loader, c10::Device device, const OnEvaluated& goesOn,
                                   ops::RankGather* ranks) {
  const Stopwatch watch;
  Tally tally;
  const bool isWhole =
      forEachBatch(model, loader, device, goesOn,
                   [&](const at::Tensor& images, const at::Tensor& labels) { tally.add(model, images, labels); });
  if (!isWhole) return std::nullopt;
  if (ranks != nullptr) tally.gather(*ranks);
  return toEvaluation(tally, watch);
}

std::optional<Evaluation> evaluateTransition(Backbone& model, data::Loader& loader, c10::Device device,
                                             const OnEvaluated& goesOn, Backbone* average, ops::RankGather* ranks) {
  const Stopwatch watch;
  const BranchReset reset(model);
  model.setEvalBranch(nn::EvalBranch::RepBn);
  std::optional<Transition> transition;
  if (model.config().norm == NormKind::PrepBn) transition.emplace(model);
  Tally repBn, averaged;
  const bool isWhole =
      forEachBatch(model, loader, device, goesOn, [&](const at::Tensor& images, const at::Tensor& labels) {
        repBn.add(model, images, labels);
        if (transition) transition->add(images, labels);
        if (average != nullptr) averaged.add(*average, images, labels);
      });
  if (!isWhole) return std::nullopt;
  if (ranks != nullptr) {
    repBn.gather(*ranks);
    if (transition) transition->gather(*ranks);
    averaged.gather(*ranks);
  }
  Evaluation result = toEvaluation(repBn, watch);
  if (transition) result.transition = transition->scores(repBn);
  if (average != nullptr) result.average = averaged.score();
  return result;
}

}  // namespace slab::train
