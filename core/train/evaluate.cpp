#include "core/train/evaluate.h"

#include <torch/torch.h>

#include "core/base/clock.h"
#include "core/train/loss.h"

namespace slab::train {
namespace {

/// Puts a model into evaluation mode for a scope.
class EvaluationMode {
 public:
  explicit EvaluationMode(Backbone& model) : model_(model), wasTraining_(model.is_training()) { model_.eval(); }
  ~EvaluationMode() { model_.train(wasTraining_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  Backbone& model_;
  bool wasTraining_;
};

}  // namespace

Evaluation evaluate(Backbone& model, data::Loader& loader, c10::Device device,
                    const std::function<void(std::int64_t)>& onBatch) {
  constexpr std::int64_t kFive = 5;
  const Stopwatch watch;
  const at::NoGradGuard noGrad;
  const EvaluationMode mode(model);
  Evaluation result;
  double lossSum = 0;
  std::int64_t right1 = 0, right5 = 0;
  loader.seek(0);
  for (std::int64_t i = 0; i < loader.batchesPerEpoch(); ++i) {
    const data::Batch batch = loader.next();
    const at::Tensor labels = batch.labels.to(device);
    const at::Tensor logits = model.forward(batch.images.to(device));
    const std::int64_t count = labels.size(0);
    lossSum += labelSmoothedCrossEntropy(logits, labels, 0.0).item<double>() * static_cast<double>(count);
    right1 += countTopK(logits, labels, 1);
    right5 += countTopK(logits, labels, kFive);
    result.images += count;
    if (onBatch) onBatch(i + 1);
  }
  if (result.images > 0) {
    const auto images = static_cast<double>(result.images);
    result.top1 = 100.0 * static_cast<double>(right1) / images;
    result.top5 = 100.0 * static_cast<double>(right5) / images;
    result.loss = lossSum / images;
  }
  result.seconds = watch.seconds();
  return result;
}

}  // namespace slab::train
