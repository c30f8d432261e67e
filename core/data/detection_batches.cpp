#include "core/data/detection_batches.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include "core/config/shown_size.h"
#include "core/data/normalise.h"

namespace slab::data {
namespace {

constexpr std::int64_t kChannels = 3;

EpochShape shapeOf(EpochShape shape, const DetectionSet& set) {
  shape.samples = set.size();
  return shape;
}

}  // namespace

DetectionOptions detectionOptions(const RunConfig& config, Split split) {
  const bool isTraining = split == Split::Train;
  DetectionOptions options;
  options.data = config.data;
  options.shape.batch = config.train.batch;
  options.shape.dropLast = isTraining && config.data.dropLast;
  options.shuffle = isTraining;
  options.evaluation = !isTraining;
  options.seed = static_cast<std::uint64_t>(config.train.seed);
  return options;
}

DetectionBatches::DetectionBatches(std::shared_ptr<const DetectionSet> set, DetectionOptions options)
    : set_(std::move(set)), options_(std::move(options)), filler_(set_->size(), options_.shuffle, options_.seed) {
  options_.shape = shapeOf(options_.shape, *set_);
}

DetectionView DetectionBatches::viewOf(std::int64_t epoch, std::int64_t sample) const {
  const coco::CocoImage& image = set_->record(sample);
  if (options_.evaluation) return wholeView(image.width, image.height, options_.data);
  Random random = sampleStream(options_.seed, epoch, sample);
  return drawView(image.width, image.height, options_.data, random);
}

at::Tensor DetectionBatches::imageOf(std::int64_t sample, const DetectionView& view) const {
  const Image pixels =
      resizedRegion(set_->source(sample), ColorMode::Rgb, view.region, view.width, view.height, view.mirrored);
  at::Tensor image = at::empty({kChannels, view.height, view.width}, at::kFloat);
  const auto plane = static_cast<std::size_t>(view.width) * static_cast<std::size_t>(view.height);
  Normaliser(options_.data.mean, options_.data.std, kChannels, plane).pixels(pixels, image.data_ptr<float>());
  return image;
}

GroundTruth DetectionBatches::truthOf(std::int64_t sample, const DetectionView& view) const {
  const coco::CocoImage& image = set_->record(sample);
  std::vector<float> boxes;
  std::vector<std::int64_t> labels;
  std::vector<const coco::CocoAnnotation*> seen;
  for (const auto* object : set_->objects(sample)) {
    const auto box = viewedBox(view, object->box);
    if (!box) continue;
    boxes.insert(boxes.end(), box->begin(), box->end());
    labels.push_back(set_->labelOf(object->category));
    seen.push_back(object);
  }
  const auto count = static_cast<std::int64_t>(seen.size());
  GroundTruth truth{at::tensor(boxes, at::kFloat).view({count, 4}), at::tensor(labels, at::kLong),
                    at::empty({count, view.height, view.width}, at::kByte)};
  for (std::int64_t i = 0; i < count; ++i) {
    const Image mask = coco::decodeMask(coco::maskOf(*seen[static_cast<std::size_t>(i)], image));
    viewMask(view, mask, truth.masks.select(0, i).data_ptr<std::uint8_t>());
  }
  return truth;
}

DetectionBatches::Shown DetectionBatches::show(std::int64_t epoch, std::int64_t sample) const {
  const DetectionView view = viewOf(epoch, sample);
  Shown shown{imageOf(sample, view), {}};
  if (!options_.evaluation) shown.truth = truthOf(sample, view);
  return shown;
}

MadeBatch DetectionBatches::make(std::int64_t epoch, std::int64_t number) {
  const EpochShape& shape = options_.shape;
  const std::int64_t index = shape.indexOf(number), count = shape.sizeAt(index);
  std::vector<Shown> shown(static_cast<std::size_t>(count));
  MadeBatch made;
  Batch& batch = made.batch;
  batch.epoch = epoch;
  batch.index = index;
  batch.indices = at::empty({count}, at::kLong);
  auto* indices = batch.indices.data_ptr<std::int64_t>();
  const auto put = [&](std::int64_t place, std::int64_t sample) {
    shown[static_cast<std::size_t>(place)] = show(epoch, sample);
    indices[place] = sample;
  };
  made.skipped = filler_.fill(epoch, index * shape.batch, count, put,
                              [this](std::int64_t sample) { return set_->nameOf(sample); });
  std::int64_t height = 0, width = 0;
  for (const Shown& one : shown) {
    batch.sizes.push_back({one.image.size(1), one.image.size(2)});
    height = std::max(height, filledUp(one.image.size(1)));
    width = std::max(width, filledUp(one.image.size(2)));
  }
  batch.images = at::zeros({count, kChannels, height, width}, at::kFloat);
  for (std::int64_t i = 0; i < count; ++i) {
    Shown& one = shown[static_cast<std::size_t>(i)];
    batch.images.select(0, i).narrow(1, 0, one.image.size(1)).narrow(2, 0, one.image.size(2)).copy_(one.image);
    if (!options_.evaluation) batch.truths.push_back(std::move(one.truth));
  }
  return made;
}

}  // namespace slab::data
