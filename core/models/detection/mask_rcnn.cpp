#include "core/models/detection/mask_rcnn.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string_view>

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/models/detection/pvt_pyramid.h"
#include "core/models/detection/swin_pyramid.h"

namespace slab {
namespace {

// Keys of the two draws.
enum Draw : std::uint64_t { kAnchors = 1, kRegions = 2 };

std::vector<std::int64_t> widthsOf(const ModelConfig& config) {
  std::vector<std::int64_t> widths;
  for (std::size_t i = 0; i < config.stages(); ++i) widths.push_back(config.widthOf(i));
  return widths;
}

std::vector<at::Tensor> withoutLast(std::vector<at::Tensor> levels) {
  levels.pop_back();
  return levels;
}

}  // namespace

std::shared_ptr<PyramidBackbone> buildPyramid(const ModelConfig& config) {
  switch (config.family()) {
    case Family::Swin: return std::make_shared<SwinPyramid>(config);
    case Family::Pvt: return std::make_shared<PvtPyramid>(config);
    default: break;
  }
  throw Error(ErrorKind::Config, std::string("There is no detection backbone of the family ") +
                                     std::string(toString(config.family())) + "; take a Swin or a PVT");
}

DecayGroups decayGroups(const MaskRcnn& model) {
  constexpr std::array<std::string_view, 3> kSwin{"absolute_pos_embed", "relative_position_bias_table", "norm"};
  const bool isSwin = model.config().backbone.family() == Family::Swin;
  DecayGroups groups;
  for (const auto& item : model.named_parameters()) {
    const bool isExcepted = isSwin && std::any_of(kSwin.begin(), kSwin.end(), [&](std::string_view word) {
                              return item.key().find(word) != std::string::npos;
                            });
    (isExcepted ? groups.noDecay : groups.decay).push_back({item.key(), item.value()});
  }
  return groups;
}

at::Tensor DetectorLosses::total() const {
  return rpn.objectness + rpn.boxes + roi.classes + roi.boxes + roi.masks;
}

std::array<std::pair<std::string, at::Tensor>, 5> DetectorLosses::named() const {
  return {{{"loss_rpn_cls", rpn.objectness},
           {"loss_rpn_bbox", rpn.boxes},
           {"loss_cls", roi.classes},
           {"loss_bbox", roi.boxes},
           {"loss_mask", roi.masks}}};
}

MaskRcnn::MaskRcnn(const DetectorConfig& config)
    : config_(config),
      backbone_(register_module("backbone", buildPyramid(config.backbone))),
      neck_(register_module("neck", std::make_shared<FeaturePyramid>(widthsOf(config.backbone), config.channels))),
      rpn_(register_module("rpn_head", std::make_shared<RpnHead>(config))),
      roi_(register_module("roi_head", std::make_shared<RoiHead>(config))) {
  backbone_->setFreezesStatistics(config.freezeStatistics);
}

DetectorLosses MaskRcnn::losses(const at::Tensor& images, const std::vector<ImageSize>& sizes,
                                const std::vector<GroundTruth>& truths, std::uint64_t key) {
  requireTruths(images, sizes, truths, config_);
  const auto levels = neck_->forward(backbone_->forward(images));
  const auto output = rpn_->forward(levels, stride());
  const auto rpnLosses = rpn_->losses(output, sizes, truths, hashKeys(key, kAnchors));
  const auto proposals = rpn_->proposals(output, sizes);
  return {rpnLosses, roi_->losses(withoutLast(levels), stride(), proposals, truths, hashKeys(key, kRegions))};
}

std::vector<Detections> MaskRcnn::detect(const at::Tensor& images, const std::vector<ImageSize>& sizes) {
  if (is_training()) throw Error(ErrorKind::Internal, "a detector detects in evaluation mode only; call eval() first");
  requireSizes(images, sizes);
  const at::NoGradGuard noGrad;
  const auto levels = neck_->forward(backbone_->forward(images));
  const auto proposals = rpn_->proposals(rpn_->forward(levels, stride()), sizes);
  return roi_->detect(withoutLast(levels), stride(), proposals, sizes);
}

std::vector<FoldSite> MaskRcnn::foldSites() {
  auto sites = backbone_->foldSites();
  for (auto& site : sites) {
    site.norm = "backbone." + site.norm;
    for (auto& target : site.targets) target.name = "backbone." + target.name;
  }
  return sites;
}

}  // namespace slab
