#include "core/data/dataset.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/data/fashion_mnist.h"
#include "core/data/image_folder.h"
#include "core/data/packed_dataset.h"
#include "core/data/tensor_dataset.h"
#include "core/formats/packed_set.h"

namespace slab::data {
namespace {

/// The first samples of another data set.
class FirstSamples final : public Dataset {
 public:
  FirstSamples(std::unique_ptr<Dataset> inner, std::int64_t size) : inner_(std::move(inner)), size_(size) {}

  [[nodiscard]] std::int64_t size() const override { return size_; }
  [[nodiscard]] std::int64_t label(std::int64_t index) const override { return inner_->label(index); }
  [[nodiscard]] const std::vector<std::string>& classNames() const override { return inner_->classNames(); }
  [[nodiscard]] std::string nameOf(std::int64_t index) const override { return inner_->nameOf(index); }
  [[nodiscard]] std::string fileOf(std::int64_t index) const override { return inner_->fileOf(index); }
  [[nodiscard]] bool isKnownBad(std::int64_t index) const override { return inner_->isKnownBad(index); }
  [[nodiscard]] Image image(std::int64_t index) const override { return inner_->image(index); }
  [[nodiscard]] SampleSource source(std::int64_t index) const override { return inner_->source(index); }
  [[nodiscard]] at::Tensor stored() const override {
    const at::Tensor all = inner_->stored();
    return all.defined() ? all.narrow(0, 0, size_) : all;
  }
  [[nodiscard]] bool isNormalised() const override { return inner_->isNormalised(); }
  [[nodiscard]] bool keepsOrder() const override { return inner_->keepsOrder(); }
  [[nodiscard]] const std::vector<DatasetNotice>& notices() const override { return inner_->notices(); }

 private:
  std::unique_ptr<Dataset> inner_;
  std::int64_t size_;
};

std::unique_ptr<Dataset> open(const DataConfig& data, Split split) {
  switch (data.type) {
    case DataType::FashionMnist: return openFashionMnist(data.root, split);
    case DataType::ImageFolder:
      return isPackedSet(data.root) ? openPackedSet(data.root, split) : openImageFolder(data.root, split);
    case DataType::Tensors: {
      const bool train = split == Split::Train;
      const std::string& images = train ? data.images : data.valImages;
      if (images.empty() && !train) return nullptr;
      if (images.empty()) throw Error(ErrorKind::Config, "data.images must name a .npy file for data.type tensors");
      return openTensorFiles(images, train ? data.labels : data.valLabels);
    }
    case DataType::Coco: break;
  }
  throw Error(
      ErrorKind::Config,
      "data.type coco holds objects, not one class an image: slab train takes it for a detector, slab data scan "
      "--type coco looks through it");
}

void checkAgainst(const ModelConfig& model, const Dataset& dataset) {
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const std::int64_t label = dataset.label(i);
    if (label < 0 || label >= model.classes) {
      throw Error(ErrorKind::Config, dataset.nameOf(i) + " has label " + std::to_string(label) +
                                         ", and model.classes is " + std::to_string(model.classes));
    }
  }
  const at::Tensor stored = dataset.stored();
  if (stored.defined() && dataset.isNormalised() &&
      (stored.size(1) != model.inChannels || stored.size(2) != model.imageSize || stored.size(3) != model.imageSize)) {
    throw Error(ErrorKind::Config, dataset.nameOf(0) + ": images of " + std::to_string(stored.size(1)) + " x " +
                                       std::to_string(stored.size(2)) + " x " + std::to_string(stored.size(3)) +
                                       " do not fit model.in_channels " + std::to_string(model.inChannels) +
                                       " and model.image_size " + std::to_string(model.imageSize));
  }
}

}  // namespace

std::unique_ptr<Dataset> openDataset(const DataConfig& data, const ModelConfig& model, Split split) {
  auto dataset = open(data, split);
  if (dataset == nullptr) return nullptr;
  if (split == Split::Train && data.limit > 0 && data.limit < dataset->size()) {
    dataset = std::make_unique<FirstSamples>(std::move(dataset), data.limit);
  }
  checkAgainst(model, *dataset);
  return dataset;
}

std::vector<std::int64_t> classCounts(const Dataset& dataset) {
  std::vector<std::int64_t> counts(dataset.classNames().size());
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const auto label = static_cast<std::size_t>(dataset.label(i));
    if (label >= counts.size()) counts.resize(label + 1);
    ++counts[label];
  }
  return counts;
}

std::int64_t knownBad(const Dataset& dataset) {
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < dataset.size(); ++i) count += dataset.isKnownBad(i) ? 1 : 0;
  return count;
}

}  // namespace slab::data
