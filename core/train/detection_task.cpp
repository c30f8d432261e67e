#include "core/train/detection_task.h"

#include <ATen/Parallel.h>

#include "core/base/clock.h"
#include "core/ops/autocast.h"
#include "core/train/detect.h"

namespace slab::train {
namespace {

template <typename T>
std::vector<T> slice(const std::vector<T>& values, std::int64_t begin, std::int64_t end) {
  return {values.begin() + begin, values.begin() + end};
}

// Masks stay on the host: each is needed there alone, cropped.
std::vector<GroundTruth> onDevice(std::vector<GroundTruth> truths, c10::Device device) {
  for (auto& truth : truths) {
    truth.boxes = truth.boxes.to(device);
    truth.labels = truth.labels.to(device);
  }
  return truths;
}

}  // namespace

PieceLoss DetectionTask::loss(const data::Batch& batch, std::int64_t begin, std::int64_t end, std::uint64_t key) {
  const at::Tensor images = batch.images.slice(0, begin, end).to(device_);
  const auto truths = onDevice(slice(batch.truths, begin, end), device_);
  const ops::Autocast autocast(device_.type(), reducedType(config_.train.precision));
  const DetectorLosses losses = model_.losses(images, slice(batch.sizes, begin, end), truths, key);
  return {losses.total().to(at::kFloat),
          {{"loss/rpn_class", losses.rpn.objectness},
           {"loss/rpn_box", losses.rpn.boxes},
           {"loss/class", losses.roi.classes},
           {"loss/box", losses.roi.boxes},
           {"loss/mask", losses.roi.masks}}};
}

std::optional<Evaluation> DetectionTask::evaluate(const OnEvaluated& goesOn) {
  const Stopwatch watch;
  model_.backbone().setEvalBranch(nn::EvalBranch::RepBn);
  const Findings findings = detectAll(model_, *validation_.loader, *validation_.set, device_, goesOn, ranks_);
  if (!findings.isComplete) return std::nullopt;
  Evaluation evaluation;
  // Rank 0 has what all found; the others have nothing to give numbers to.
  if (ranks_ != nullptr && !ranks_->isFirst()) return evaluation;
  evaluation.detection = scoresOf(findings, validation_.set->annotations(), at::get_num_threads());
  evaluation.images = static_cast<std::int64_t>(findings.images.size());
  evaluation.seconds = watch.seconds();
  return evaluation;
}

}  // namespace slab::train
