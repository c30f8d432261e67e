#include "core/inspect/bench_candidate.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/config/cost.h"
#include "core/config/shown_size.h"
#include "core/inspect/detector_image.h"
#include "core/inspect/detector_source.h"
#include "core/inspect/fold_certificate.h"
#include "core/inspect/model_source.h"
#include "core/models/parameter_count.h"
#include "core/ops/linear.h"
#include "core/train/loss.h"
#include "core/train/trainer.h"

namespace slab::inspect {
namespace {

ops::Options optionsOf(const ModelSource& source, const OpsConfig& config) {
  return {ops::backendFromName(source.backend.empty() ? config.backend : source.backend),
          ops::linearBackendFromName(source.linear.empty() ? config.linear : source.linear)};
}

at::Tensor randomImages(std::int64_t batch, std::int64_t channels, std::int64_t height, std::int64_t width) {
  return at::randn({batch, channels, height, width}, at::detail::createCPUGenerator(1), at::TensorOptions());
}

class Classifier final : public BenchCandidate {
 public:
  Classifier(const BenchEntry& entry, const BenchRequest& request, c10::Device device)
      : BenchCandidate(entry.label, request.training) {
    ModelSource source = entry.source;
    if (request.resolution > 0) source.settings["model.image_size"] = std::to_string(request.resolution);
    auto opened = openModel(source);
    options_ = optionsOf(source, opened.config.ops);
    config_ = opened.config;
    model_ = opened.model;
    const auto& shape = config_.model;
    input_ = randomImages(request.batch, shape.inChannels, shape.imageSize, shape.imageSize);
    const ops::OptionsGuard scope(options_);
    if (source.folded) {
      const auto certificate = certifyFold(*model_, input_.slice(0, 0, std::min<std::int64_t>(request.batch, 2)));
      foldError_ = certificate.worstRelative();
      model_ = certificate.folded;
    }
    model_->torch::nn::Module::to(device);
    input_ = input_.to(device);
    if (request.training) startTraining(device);
  }

  [[nodiscard]] std::int64_t parameters() const override { return model_->parameterCount(); }
  [[nodiscard]] std::int64_t macs() const override { return modelCost(config_.model).macs * input_.size(0); }

 private:
  void startTraining(c10::Device device) {
    model_->train();
    model_->setLambda(0.5);
    labels_ = at::randint(config_.model.classes, {input_.size(0)}, at::kLong).to(device);
    optimizer_.emplace(train::makeOptimizer(*model_, config_.optim));
  }
  void step() override {
    optimizer_->zeroGrad();
    train::labelSmoothedCrossEntropy(model_->forward(input_), labels_, config_.train.labelSmoothing).backward();
    optimizer_->step(1e-5);
  }
  void forward() override { model_->forward(input_); }
  void setTimer(PartTimer* timer) override { model_->setTimer(timer); }

  RunConfig config_;
  std::shared_ptr<Backbone> model_;
  at::Tensor input_, labels_;
  std::optional<train::AdamW> optimizer_;
};

class Detector final : public BenchCandidate {
 public:
  Detector(const BenchEntry& entry, const BenchRequest& request, c10::Device device)
      : BenchCandidate(entry.label, false) {
    if (request.training || request.resolution > 0) {
      throw Error(ErrorKind::Config, entry.label +
                                         " is a detector: it is measured detecting, at the size of its run's "
                                         "evaluation (data.sides, data.longest)");
    }
    auto opened = openDetector(entry.source);
    options_ = optionsOf(entry.source, opened.config.ops);
    model_ = opened.model;
    const auto image = imageFor(opened.config);
    sizes_.assign(static_cast<std::size_t>(request.batch), image.size);
    images_ = image.input.repeat({request.batch, 1, 1, 1});
    input_ = describe(image, request.batch);
    const ops::OptionsGuard scope(options_);
    if (entry.source.folded && !opened.isFolded) {
      foldError_ = certifyFold(model_->backbone(), {image.input}).worstRelative();
      foldSites(model_->foldSites());
    }
    model_->torch::nn::Module::to(device);
    images_ = images_.to(device);
  }

  [[nodiscard]] std::int64_t parameters() const override { return parameterCount(*model_); }
  [[nodiscard]] std::int64_t macs() const override { return 0; }
  [[nodiscard]] std::string input() const override { return input_; }

 private:
  DetectorImage imageFor(const RunConfig& config) {
    ImageSource first;
    first.split = "val";
    first.index = 0;
    try {
      isReal_ = true;
      return openDetectorImage(first, config);
    } catch (const Error&) {
      isReal_ = false;
      const auto side = filledUp(*std::max_element(config.data.sides.begin(), config.data.sides.end()));
      return {randomImages(1, config.model.inChannels, side, side), {side, side}, {}, {}};
    }
  }
  [[nodiscard]] std::string describe(const DetectorImage& image, std::int64_t batch) const {
    return (isReal_ ? "the first validation image, " : "random, normal, ") + formatInteger(image.input.size(3)) +
           " x " + formatInteger(image.input.size(2)) + (batch > 1 ? ", " + formatInteger(batch) + " times" : "");
  }
  void forward() override { model_->detect(images_, sizes_); }
  void setTimer(PartTimer* timer) override { model_->backbone().setTimer(timer); }

  std::shared_ptr<MaskRcnn> model_;
  at::Tensor images_;
  std::vector<ImageSize> sizes_;
  std::string input_;
  bool isReal_ = true;
};

}  // namespace

std::unique_ptr<BenchCandidate> BenchCandidate::open(const BenchEntry& entry, const BenchRequest& request,
                                                     c10::Device device) {
  if (!entry.source.checkpoint.empty() && detectorConfigOf(entry.source).isDetector()) {
    return std::make_unique<Detector>(entry, request, device);
  }
  return std::make_unique<Classifier>(entry, request, device);
}

void BenchCandidate::run() {
  const ops::OptionsGuard scope(options_);
  if (isTraining_) {
    step();
    return;
  }
  const c10::InferenceMode inference;
  forward();
  if (timer_) timer_->finishRun();
}

void BenchCandidate::startBreakdown() {
  if (isTraining_ || timer_) return;
  timer_.emplace();
  setTimer(&*timer_);
}

}  // namespace slab::inspect
