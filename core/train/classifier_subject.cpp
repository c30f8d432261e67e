#include "core/base/log.h"
#include "core/data/decoded_cache.h"
#include "core/models/build_model.h"
#include "core/train/classification_task.h"
#include "core/train/linear_timing.h"
#include "core/train/tensor_files.h"
#include "core/train/trainer.h"
#include "core/train/training_subject.h"

namespace slab::train {
namespace {

class ClassifierSubject final : public TrainingSubject {
 public:
  explicit ClassifierSubject(const RunConfig& config)
      : config_(config), cache_(config.data.cache == "memory" ? data::decodedCacheBudget() : 0) {}

  std::int64_t openTrainingSet() override {
    trainingSet_ = open(data::Split::Train);
    return trainingSet_->size();
  }

  std::unique_ptr<data::Loader> trainingLoader(const RankEnvironment& ranks,
                                               data::Loader::OnSkipped onSkipped) override {
    auto options = optionsOf(*trainingSet_, data::Split::Train);
    options.accumulate = config_.train.accumulate;
    options.rank = ranks.rank;
    options.ranks = ranks.size;
    return std::make_unique<data::Loader>(trainingSet_, std::move(options), std::move(onSkipped));
  }

  void openValidation(const RankEnvironment& ranks, data::Loader::OnSkipped onSkipped) override {
    const auto set = open(data::Split::Validation);
    if (!set) return;
    auto options = optionsOf(*set, data::Split::Validation);
    options.rank = ranks.rank;
    options.ranks = ranks.size;
    validation_ = std::make_unique<data::Loader>(set, std::move(options), std::move(onSkipped));
  }

  void build() override {
    model_ = buildModel(config_.model);
    model_->setRecompute(config_.train.recompute);
  }
  [[nodiscard]] torch::nn::Module& module() override { return *model_; }

  void loadInitialWeights() override {
    const std::string& file = config_.train.init;
    if (file.empty()) return;
    requireMatch(loadStateDict(*model_, readTensors(file)), file, config_.model.name);
  }

  [[nodiscard]] AdamW optimizer() override { return makeOptimizer(*model_, config_.optim); }

  std::unique_ptr<Task> makeTask(c10::Device device, Ema* average, Ranks* ranks) override {
    return std::make_unique<ClassificationTask>(*model_, config_, validation_.get(), device,
                                                average == nullptr ? nullptr : &average->model(), ranks);
  }

  [[nodiscard]] Backbone* classifier() override { return model_.get(); }

  std::unique_ptr<data::Loader> recalibrationLoader() override {
    auto options = optionsOf(*trainingSet_, data::Split::Train);
    options.mixes = false;
    return std::make_unique<data::Loader>(trainingSet_, options);
  }

  void timeLinearLayers(c10::Device device) override {
    train::timeLinearLayers(config_.model, config_.train.batch, device);
  }

 private:
  std::shared_ptr<const data::Dataset> open(data::Split split) {
    std::shared_ptr<const data::Dataset> dataset = data::openDataset(config_.data, config_.model, split);
    if (!dataset) return nullptr;
    if (config_.data.cache == "memory") dataset = cache_.over(std::move(dataset));
    for (const auto& notice : dataset->notices()) logWarning(notice.path + ": " + notice.message);
    if (const std::int64_t bad = data::knownBad(*dataset); bad > 0) {
      logWarning(std::to_string(bad) + " of " + std::to_string(dataset->size()) +
                 " images do not decode by the last scan and are skipped; each is named when its turn comes");
    }
    return dataset;
  }

  [[nodiscard]] data::LoaderOptions optionsOf(const data::Dataset& dataset, data::Split split) const {
    return data::loaderOptions(config_.data, config_.model, dataset, split, config_.train.batch,
                               static_cast<std::uint64_t>(config_.train.seed));
  }

  const RunConfig& config_;
  data::DecodedCache cache_;
  std::shared_ptr<const data::Dataset> trainingSet_;
  std::unique_ptr<data::Loader> validation_;
  std::shared_ptr<Backbone> model_;
};

}  // namespace

std::unique_ptr<TrainingSubject> makeClassifierSubject(const RunConfig& config) {
  return std::make_unique<ClassifierSubject>(config);
}

std::unique_ptr<TrainingSubject> makeSubject(const RunConfig& config, LoadBackbone loadBackbone) {
  return config.isDetector() ? makeDetectorSubject(config, std::move(loadBackbone)) : makeClassifierSubject(config);
}

}  // namespace slab::train
