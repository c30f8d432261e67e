#include "core/config/validate_detector.h"

#include <algorithm>
#include <string>

#include "core/base/format.h"
#include "core/config/enums.h"

namespace slab::detail {
namespace {

/// Collects the problems of one configuration.
class DetectorCheck {
 public:
  DetectorCheck(const RunConfig& config, std::vector<ConfigIssue>& issues) : config_(config), issues_(issues) {}

  void run() {
    checkName();
    checkBackbone();
    checkWeights();
    checkPaths();
    checkPictures();
    checkWhatClassifiersHave();
    if (config_.detector.boxDeviations.size() != 4) {
      error("detector.box_deviations", "needs four numbers", Json::array({0.1, 0.1, 0.2, 0.2}));
    }
  }

 private:
  void checkName() {
    if (findDetector(config_.detector.name) != nullptr) return;
    std::vector<std::string> names;
    for (const auto& known : detectors()) names.push_back(known.name);
    const std::string near = nearestName(config_.detector.name, names);
    error("detector.name", "there is no detector named '" + config_.detector.name + "'",
          near.empty() ? Json() : Json(near));
  }

  void checkBackbone() {
    const ModelConfig& model = config_.model;
    const Family family = model.family();
    if (family != Family::Swin && family != Family::Pvt) {
      error("model.name", "no detector is built on " + std::string(toString(family)) + "; take a Swin or a PVT",
            "slab_swin_t");
    }
    if (model.stages() != 4) error("model.depths", "a detector's backbone has four stages: give four depths");
    if (model.inChannels != 3) error("model.in_channels", "detectors see colours: 3 channels", 3);
  }

  void checkWeights() {
    const DetectorKeys& detector = config_.detector;
    if (!detector.pretrained.empty() && !config_.train.init.empty()) {
      error("train.init", "holds all of a detector's weights, so detector.pretrained would go unused: give one of both",
            "");
    }
    const bool isNew = detector.pretrained.empty() && config_.train.init.empty();
    if (isNew && detector.freezeStatistics && config_.model.norm != NormKind::LayerNorm) {
      warning("detector.freeze_statistics",
              "the backbone begins with new weights, whose batch statistics are 0 and 1 and would stay so: give "
              "detector.pretrained a classifier's checkpoint, or let the statistics move",
              false);
    }
  }

  void checkPaths() {
    const DataConfig& data = config_.data;
    if (!data.root.empty()) return;
    if (data.annotations.empty() || data.images.empty()) {
      error("data.root",
            "coco needs the folder that holds annotations and images, or data.annotations and data.images");
    }
    if (data.valAnnotations.empty() != data.valImages.empty()) {
      error(data.valAnnotations.empty() ? "data.val_annotations" : "data.val_images",
            "validation needs both annotations and images");
    }
  }

  void checkPictures() {
    const DataConfig& data = config_.data;
    if (data.augment == Augment::Light || data.augment == Augment::Timm) {
      error("data.augment", std::string(wordOf(data.augment)) + " is for classifiers: coco has none, flip, multi_scale",
            "flip");
    }
    if (data.cache != "none") error("data.cache", "images of coco are decoded each time", "none");
    if (*std::max_element(data.sides.begin(), data.sides.end()) > data.longest) {
      error("data.longest", "is below a shorter side of data.sides",
            *std::max_element(data.sides.begin(), data.sides.end()));
    }
    if (data.augment == Augment::MultiScale && (data.crop.size() != 2 || data.crop[0] > data.crop[1])) {
      error("data.crop", "needs two numbers: the least and the largest side of a part", Json::array({384, 600}));
    }
  }

  // What has no meaning for a detector is refused rather than passed over.
  void checkWhatClassifiersHave() {
    if (config_.prepbn.recalibrate > 0) {
      error("prepbn.recalibrate",
            "the statistics pass is for classifiers: a detector's statistics are its checkpoint's", 0);
    }
    if (config_.ema.decay > 0) error("ema.decay", "averaged weights are kept of classifiers alone", 0.0);
    if (config_.train.recompute) error("train.recompute", "is built for classifiers alone", false);
  }

  void error(std::string key, std::string message, Json mended = {}) {
    add(ConfigIssue::Severity::Error, std::move(key), std::move(message), std::move(mended));
  }
  void warning(std::string key, std::string message, Json mended = {}) {
    add(ConfigIssue::Severity::Warning, std::move(key), std::move(message), std::move(mended));
  }
  void add(ConfigIssue::Severity severity, std::string key, std::string message, Json mended) {
    std::optional<Mend> mend;
    if (!mended.is_null()) {
      const std::string shown = mended.is_string() ? mended.get<std::string>() : mended.dump();
      mend = Mend{"Set " + key + " to " + (shown.empty() ? "nothing" : shown), key, std::move(mended), ""};
    }
    issues_.push_back({severity, std::move(key), std::move(message), std::move(mend)});
  }

  const RunConfig& config_;
  std::vector<ConfigIssue>& issues_;
};

}  // namespace

void checkDetector(const RunConfig& config, std::vector<ConfigIssue>& issues) {
  DetectorCheck(config, issues).run();
}

}  // namespace slab::detail
