#include "core/models/detection/rpn_head.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/rng.h"
#include "core/models/detection/sampling.h"
#include "core/nn/init.h"
#include "core/ops/nms.h"
#include "core/ops/per_image.h"

namespace slab {
namespace {

constexpr double kWeightDeviation = 0.01;
// Images of a batch are filled up to a multiple of this.
constexpr std::int64_t kPadding = 32;

std::int64_t paddedCells(std::int64_t pixels, std::int64_t stride) {
  const std::int64_t padded = (pixels + kPadding - 1) / kPadding * kPadding;
  return (padded + stride - 1) / stride;
}

std::shared_ptr<nn::Conv2d> convolution(nn::ConvShape shape) {
  auto conv = std::make_shared<nn::Conv2d>(shape);
  nn::init::normal(conv->weight, kWeightDeviation);
  nn::init::constant(conv->bias, 0.0);
  return conv;
}

}  // namespace

RpnHead::RpnHead(const DetectorConfig& config) : config_(config) {
  const auto ratios = static_cast<std::int64_t>(config.anchorRatios.size());
  conv_ = register_module("rpn_conv", convolution({config.channels, config.channels, 3, 1, 1}));
  cls_ = register_module("rpn_cls", convolution({config.channels, ratios}));
  reg_ = register_module("rpn_reg", convolution({config.channels, 4 * ratios}));
}

RpnOutput RpnHead::forward(const std::vector<at::Tensor>& levels, std::int64_t stride) {
  RpnOutput output;
  std::vector<at::Tensor> logits, deltas, anchors;
  const auto ratios = static_cast<std::int64_t>(config_.anchorRatios.size());
  std::int64_t first = 0;
  for (const auto& level : levels) {
    const auto hidden = at::relu(conv_->forward(level));
    const auto batch = level.size(0), rows = level.size(2), columns = level.size(3);
    logits.push_back(cls_->forward(hidden).permute({0, 2, 3, 1}).reshape({batch, -1}).to(at::kFloat));
    deltas.push_back(reg_->forward(hidden).permute({0, 2, 3, 1}).reshape({batch, -1, 4}).to(at::kFloat));
    const auto plain = level.options().dtype(at::kFloat).requires_grad(false);
    anchors.push_back(boxes::anchors(rows, columns, stride, config_.anchorScale, config_.anchorRatios, plain));
    const auto count = rows * columns * ratios;
    output.levels.push_back(at::arange(first, first + count, plain.dtype(at::kLong)).view({rows, columns, ratios}));
    output.strides.push_back(stride);
    first += count;
    stride *= 2;
  }
  output.logits = at::cat(logits, 1);
  output.deltas = at::cat(deltas, 1);
  output.anchors = at::cat(anchors);
  return output;
}

at::Tensor RpnHead::anchorsInside(const RpnOutput& output, ImageSize size) const {
  std::vector<at::Tensor> inside;
  for (std::size_t i = 0; i < output.levels.size(); ++i) {
    const auto& level = output.levels[i];
    const auto rows = std::min(level.size(0), paddedCells(size.height, output.strides[i]));
    const auto columns = std::min(level.size(1), paddedCells(size.width, output.strides[i]));
    inside.push_back(level.narrow(0, 0, rows).narrow(1, 0, columns).reshape({-1}));
  }
  return at::cat(inside);
}

RpnLosses RpnHead::losses(const RpnOutput& output, const std::vector<ImageSize>& sizes,
                          const std::vector<GroundTruth>& truths, std::uint64_t key) const {
  // By image; numbers of anchors count through the batch, so that what they get is gathered at once.
  std::vector<at::Tensor> sampled(truths.size()), positives(truths.size()), targets(truths.size()),
      wanted(truths.size());
  const auto perImage = output.logits.size(1);
  ops::perImage(output.logits.size(0), output.logits.device(), [&](std::int64_t image) {
    const auto i = static_cast<std::size_t>(image);
    const auto inside = anchorsInside(output, sizes[i]);
    const auto candidates = output.anchors.index_select(0, inside);
    const auto truth = truths[i].boxes.to(candidates.options());
    const auto match = matchBoxes(candidates, truth, config_.anchors);
    const auto sample = sampleBoxes(match, config_.anchors, hashKeys(key, i));
    const auto numbers = inside + image * perImage;
    positives[i] = numbers.index_select(0, sample.positive);
    sampled[i] = at::cat({positives[i], numbers.index_select(0, sample.negative)});
    targets[i] = at::cat({at::ones({sample.positive.size(0)}, candidates.options()),
                          at::zeros({sample.negative.size(0)}, candidates.options())});
    wanted[i] = coder_.encode(candidates.index_select(0, sample.positive),
                              truth.index_select(0, match.index_select(0, sample.positive)));
  });
  const auto scores = output.logits.flatten().index_select(0, at::cat(sampled));
  const auto deltas = output.deltas.flatten(0, 1).index_select(0, at::cat(positives));
  const double count = static_cast<double>(std::max<std::int64_t>(scores.size(0), 1));
  return {at::binary_cross_entropy_with_logits(scores, at::cat(targets), {}, {}, at::Reduction::Sum) / count,
          (deltas - at::cat(wanted)).abs().sum() / count};
}

std::vector<at::Tensor> RpnHead::proposals(const RpnOutput& output, const std::vector<ImageSize>& sizes) const {
  const auto perLevel = is_training() ? config_.proposals.trainPerLevel : config_.proposals.testPerLevel;
  std::vector<at::Tensor> found(sizes.size());
  ops::perImage(output.logits.size(0), output.logits.device(), [&](std::int64_t image) {
    const auto i = static_cast<std::size_t>(image);
    const auto logits = output.logits.select(0, image).detach();
    std::vector<at::Tensor> best, groups;
    for (std::size_t l = 0; l < output.levels.size(); ++l) {
      const auto numbers = output.levels[l].reshape({-1});
      const auto order = at::argsort(logits.index_select(0, numbers), /*stable=*/true, 0, /*descending=*/true);
      best.push_back(numbers.index_select(0, order.slice(0, 0, perLevel)));
      groups.push_back(at::full_like(best.back(), static_cast<std::int64_t>(l)));
    }
    auto chosen = at::cat(best), group = at::cat(groups);
    auto decoded = boxes::clipped(coder_.decode(output.anchors.index_select(0, chosen),
                                                output.deltas.select(0, image).detach().index_select(0, chosen)),
                                  sizes[i]);
    const auto solid = (decoded.slice(1, 2) > decoded.slice(1, 0, 2)).all(1).nonzero().squeeze(1);
    decoded = decoded.index_select(0, solid);
    const auto kept = ops::nms(decoded, logits.index_select(0, chosen).index_select(0, solid),
                               group.index_select(0, solid), config_.proposals.overlap);
    found[i] = decoded.index_select(0, kept.slice(0, 0, config_.proposals.count));
  });
  return found;
}

}  // namespace slab
