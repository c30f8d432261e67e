#include "core/models/detection/roi_head.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/models/detection/masks.h"
#include "core/models/detection/sampling.h"
#include "core/ops/nms.h"
#include "core/ops/per_image.h"
#include "core/ops/roi_align.h"

namespace slab {
namespace {

// values (P, classes, 4) and labels (P) -> (P, 4): each row's own class.
at::Tensor ofClass(const at::Tensor& values, const at::Tensor& labels) {
  return values.index({at::arange(labels.size(0), labels.options()), labels});
}

std::array<double, 4> deviationsOf(const DetectorConfig& config) {
  std::array<double, 4> deviations{};
  if (config.boxDeviations.size() != deviations.size()) {
    throw Error(ErrorKind::Config, "detector.box_deviations needs four numbers: of x, y, width and height");
  }
  std::copy(config.boxDeviations.begin(), config.boxDeviations.end(), deviations.begin());
  return deviations;
}

}  // namespace

at::Tensor levelsOf(const at::Tensor& regions, double finestSide, std::int64_t levels) {
  const auto width = regions.select(1, -2) - regions.select(1, -4),
             height = regions.select(1, -1) - regions.select(1, -3);
  const auto side = (width * height).clamp_min(0.0).sqrt();
  return (side / finestSide + 1e-6).log2().floor().clamp(0.0, static_cast<double>(levels - 1)).to(at::kLong);
}

/// An image's regions, positives first.
struct RoiHead::Sample {
  at::Tensor boxes;   // (n, 4)
  at::Tensor labels;  // (n), classes for the background
  at::Tensor truth;   // (p) numbers of the positives' ground truth
  at::Tensor deltas;  // (p, 4)
  at::Tensor masks;   // (p, side, side)
};

RoiHead::RoiHead(const DetectorConfig& config)
    : config_(config),
      coder_{deviationsOf(config)},
      box_(register_module("bbox_head", std::make_shared<BoxHead>(config))),
      mask_(register_module("mask_head", std::make_shared<MaskHead>(config))) {}

at::Tensor RoiHead::features(const std::vector<at::Tensor>& levels, std::int64_t stride, const at::Tensor& regions,
                             std::int64_t bins) const {
  const auto count = static_cast<std::int64_t>(levels.size());
  const auto level = levelsOf(regions, config_.finestSide, count);
  std::vector<at::Tensor> parts, numbers;
  for (std::int64_t i = 0; i < count; ++i, stride *= 2) {
    const auto mine = (level == i).nonzero().squeeze(1);
    numbers.push_back(mine);
    parts.push_back(ops::roiAlign(levels[static_cast<std::size_t>(i)], regions.index_select(0, mine),
                                  {bins, bins, 1.0 / static_cast<double>(stride), 0}));
  }
  return at::cat(parts).index_select(0, at::argsort(at::cat(numbers)));
}

RoiHead::Sample RoiHead::sampleImage(const at::Tensor& proposals, const GroundTruth& truth, std::uint64_t key) const {
  const auto objects = truth.boxes.to(proposals.options());
  const auto labels = truth.labels.to(proposals.device());
  const auto matched = matchBoxes(proposals, objects, config_.regions);
  const auto match = at::cat({at::arange(objects.size(0), matched.options()), matched});
  const auto boxes = at::cat({objects, proposals});
  const auto drawn = sampleBoxes(match, config_.regions, key);
  const auto positives = boxes.index_select(0, drawn.positive);
  Sample sample;
  sample.boxes = at::cat({positives, boxes.index_select(0, drawn.negative)});
  sample.truth = match.index_select(0, drawn.positive);
  sample.labels = at::cat(
      {labels.index_select(0, sample.truth), at::full({drawn.negative.size(0)}, config_.classes, labels.options())});
  sample.deltas = coder_.encode(positives, objects.index_select(0, sample.truth));
  sample.masks = masks::cropped(truth.masks, positives, sample.truth, config_.maskSide());
  return sample;
}

RoiLosses RoiHead::losses(const std::vector<at::Tensor>& levels, std::int64_t stride,
                          const std::vector<at::Tensor>& proposals, const std::vector<GroundTruth>& truths,
                          std::uint64_t key) {
  std::vector<at::Tensor> boxes, positiveBoxes, labels, deltas, masks, positives;
  std::vector<Sample> samples(truths.size());
  ops::perImage(static_cast<std::int64_t>(truths.size()), levels.front().device(), [&](std::int64_t image) {
    const auto i = static_cast<std::size_t>(image);
    samples[i] = sampleImage(proposals[i], truths[i], hashKeys(key, i));
  });
  std::int64_t first = 0;
  for (const Sample& sample : samples) {
    const auto count = sample.truth.size(0);
    boxes.push_back(sample.boxes);
    positiveBoxes.push_back(sample.boxes.slice(0, 0, count));
    labels.push_back(sample.labels);
    deltas.push_back(sample.deltas);
    masks.push_back(sample.masks);
    positives.push_back(at::arange(first, first + count, sample.labels.options()));
    first += sample.labels.size(0);
  }
  const auto label = at::cat(labels), positive = at::cat(positives);
  const auto own = label.index_select(0, positive);
  const double sampled = static_cast<double>(std::max<std::int64_t>(label.size(0), 1));

  const auto output = box_->forward(features(levels, stride, boxes::withImage(boxes), config_.boxBins));
  const auto perClass = output.deltas.view({-1, config_.classes, 4}).index_select(0, positive);
  const auto maskLogits =
      mask_->forward(features(levels, stride, boxes::withImage(positiveBoxes), config_.maskBins), own);
  const auto cells = at::binary_cross_entropy_with_logits(maskLogits, at::cat(masks), {}, {}, at::Reduction::Sum);
  const double count =
      static_cast<double>(std::max<std::int64_t>(own.size(0), 1) * config_.maskSide() * config_.maskSide());
  return {at::cross_entropy_loss(output.logits, label, {}, at::Reduction::Sum) / sampled,
          (ofClass(perClass, own) - at::cat(deltas)).abs().sum() / sampled, cells / count};
}

Detections RoiHead::select(const at::Tensor& regions, const BoxHead::Output& output, ImageSize size) const {
  const auto references = regions.slice(1, 1).unsqueeze(1);  // (K, 1, 4)
  const auto all = boxes::clipped(coder_.decode(references, output.deltas.view({-1, config_.classes, 4})), size);
  const auto scores = at::softmax(output.logits, 1).narrow(1, 0, config_.classes);
  const auto above = (scores > config_.scoreThreshold).nonzero();
  const auto row = above.select(1, 0), label = above.select(1, 1);
  const auto boxes = all.index({row, label}), score = scores.index({row, label});
  const auto kept = ops::nms(boxes, score, label, config_.detectionOverlap).slice(0, 0, config_.detections);
  return {boxes.index_select(0, kept), score.index_select(0, kept), label.index_select(0, kept), {}};
}

void RoiHead::addMasks(const std::vector<at::Tensor>& levels, std::int64_t stride, std::vector<Detections>& found) {
  std::vector<at::Tensor> boxes, labels;
  for (const auto& image : found) {
    boxes.push_back(image.boxes);
    labels.push_back(image.labels);
  }
  const auto regions = boxes::withImage(boxes);
  const auto probabilities =
      mask_->forward(features(levels, stride, regions, config_.maskBins), at::cat(labels)).sigmoid();
  std::int64_t first = 0;
  for (auto& image : found) {
    image.masks = probabilities.narrow(0, first, image.labels.size(0));
    first += image.labels.size(0);
  }
}

std::vector<Detections> RoiHead::detect(const std::vector<at::Tensor>& levels, std::int64_t stride,
                                        const std::vector<at::Tensor>& proposals, const std::vector<ImageSize>& sizes) {
  const at::NoGradGuard noGrad;
  const auto regions = boxes::withImage(proposals);
  const auto output = box_->forward(features(levels, stride, regions, config_.boxBins));
  std::vector<Detections> found;
  std::int64_t first = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto count = proposals[i].size(0);
    const BoxHead::Output mine{output.logits.narrow(0, first, count), output.deltas.narrow(0, first, count)};
    found.push_back(select(regions.narrow(0, first, count), mine, sizes[i]));
    first += count;
  }
  addMasks(levels, stride, found);
  return found;
}

}  // namespace slab
