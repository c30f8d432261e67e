#include "core/base/error.h"
#include "core/base/log.h"
#include "core/data/detection_batches.h"
#include "core/models/detection/mask_rcnn.h"
#include "core/models/state_dict.h"
#include "core/train/detection_task.h"
#include "core/train/tensor_files.h"
#include "core/train/trainer.h"
#include "core/train/training_subject.h"

namespace slab::train {
namespace {

DecayGroups groupsOf(const MaskRcnn& model, DecayRule rule) {
  DecayGroups groups = decayGroups(model);
  if (rule == DecayRule::Reference) return groups;
  DecayGroups all;
  for (const auto& item : model.named_parameters()) all.decay.push_back({item.key(), item.value()});
  return all;
}

class DetectorSubject final : public TrainingSubject {
 public:
  DetectorSubject(const RunConfig& config, LoadBackbone loadBackbone)
      : config_(config), loadBackbone_(std::move(loadBackbone)) {}

  std::int64_t openTrainingSet() override {
    trainingSet_ = data::DetectionSet::open(config_.data, config_.detector, data::Split::Train);
    for (const auto& notice : trainingSet_->notices()) logWarning(notice.path + ": " + notice.message);
    return trainingSet_->size();
  }

  std::unique_ptr<data::Loader> trainingLoader(const RankEnvironment& ranks,
                                               data::Loader::OnSkipped onSkipped) override {
    auto options = data::detectionOptions(config_, data::Split::Train);
    options.shape.accumulate = config_.train.accumulate;
    options.shape.rank = ranks.rank;
    options.shape.ranks = ranks.size;
    return load(trainingSet_, std::move(options), std::move(onSkipped));
  }

  void openValidation(const RankEnvironment& ranks, data::Loader::OnSkipped onSkipped) override {
    validationSet_ = data::DetectionSet::open(config_.data, config_.detector, data::Split::Validation);
    if (!validationSet_) return;
    for (const auto& notice : validationSet_->notices()) logWarning(notice.path + ": " + notice.message);
    requireSameCategories();
    auto options = data::detectionOptions(config_, data::Split::Validation);
    options.shape.rank = ranks.rank;
    options.shape.ranks = ranks.size;
    validation_ = load(validationSet_, std::move(options), std::move(onSkipped));
  }

  void build() override { model_ = std::make_shared<MaskRcnn>(detectorOf(config_)); }
  [[nodiscard]] torch::nn::Module& module() override { return *model_; }
  void loadInitialWeights() override {
    const std::string& whole = config_.train.init;
    if (!whole.empty()) {
      requireMatch(loadStateDict(*model_, readTensors(whole)), whole, config_.detector.name);
    }
    if (!config_.detector.pretrained.empty()) loadBackbone_(model_->backbone());
  }
  [[nodiscard]] AdamW optimizer() override {
    return makeOptimizer(groupsOf(*model_, config_.optim.decay), config_.optim);
  }
  std::unique_ptr<Task> makeTask(c10::Device device, Ema* /*average*/, Ranks* ranks) override {
    return std::make_unique<DetectionTask>(*model_, config_,
                                           DetectionValidation{validationSet_.get(), validation_.get()}, device, ranks);
  }

  std::unique_ptr<data::Loader> recalibrationLoader() override {
    throw Error(ErrorKind::Internal, "a detector has no statistics pass");
  }

 private:
  [[nodiscard]] std::unique_ptr<data::Loader> load(std::shared_ptr<const data::DetectionSet> set,
                                                   data::DetectionOptions options,
                                                   data::Loader::OnSkipped onSkipped) const {
    const int workers = std::max(static_cast<int>(config_.data.workers), 1);
    return std::make_unique<data::Loader>(std::make_unique<data::DetectionBatches>(std::move(set), std::move(options)),
                                          data::LoaderThreads{workers, 2 * workers}, std::move(onSkipped));
  }

  // A class is a category of the training part.
  void requireSameCategories() const {
    for (std::int64_t label = 0; label < config_.detector.classes; ++label) {
      const std::int64_t mine = validationSet_->categoryOf(label), trained = trainingSet_->categoryOf(label);
      if (mine == trained) continue;
      throw Error(ErrorKind::Data, validationSet_->annotations().path + " has a category of id " +
                                       std::to_string(mine) + " where " + trainingSet_->annotations().path + " has " +
                                       std::to_string(trained) + ": both parts must have the same categories");
    }
  }

  const RunConfig& config_;
  LoadBackbone loadBackbone_;
  std::shared_ptr<const data::DetectionSet> trainingSet_, validationSet_;
  std::unique_ptr<data::Loader> validation_;
  std::shared_ptr<MaskRcnn> model_;
};

}  // namespace

std::unique_ptr<TrainingSubject> makeDetectorSubject(const RunConfig& config, LoadBackbone loadBackbone) {
  return std::make_unique<DetectorSubject>(config, std::move(loadBackbone));
}

}  // namespace slab::train
