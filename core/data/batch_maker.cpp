#include "core/data/batch_maker.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/base/error.h"
#include "core/data/augment.h"
#include "core/data/erase.h"
#include "core/data/mixup.h"
#include "core/data/transforms.h"
#include "core/formats/resize.h"

namespace slab::data {
namespace {

double entryOf(const std::vector<double>& values, std::size_t channel) {
  return values.size() == 1 ? values.front() : values.at(channel);
}

// Values that are normalised already need neither mean nor std.
void check(const LoaderOptions& options, const Dataset& dataset) {
  if (options.batch < 1) throw Error(ErrorKind::Config, "train.batch must be at least 1");
  if (dataset.isNormalised()) return;
  const auto count = static_cast<std::size_t>(options.channels);
  for (const auto* values : {&options.mean, &options.std}) {
    if (values->size() != 1 && values->size() != count) {
      throw Error(ErrorKind::Config,
                  "data.mean and data.std need one value or one a channel: " + std::to_string(values->size()) +
                      " were given for " + std::to_string(count) + " channels");
    }
  }
}

/// round(255 mean), as timm makes it of the recipe's mean: (124, 116, 104) for ImageNet's.
FillColor fillOf(const LoaderOptions& options) {
  FillColor fill{};
  for (std::size_t c = 0; c < std::min(fill.size(), static_cast<std::size_t>(options.channels)); ++c) {
    fill[c] = static_cast<std::uint8_t>(std::clamp(std::nearbyint(255.0 * entryOf(options.mean, c)), 0.0, 255.0));
  }
  return fill;
}

void checkRecipe(const LoaderOptions& options, const at::Tensor& stored) {
  if (stored.defined() && stored.scalar_type() != at::kByte) {
    throw Error(ErrorKind::Config,
                "data.augment timm works on 8-bit images, and these are floating point: set "
                "data.augment to flip or light");
  }
  if (options.channels != 1 && options.channels != 3) {
    throw Error(ErrorKind::Config,
                "data.augment timm needs model.in_channels 1 or 3, not " + std::to_string(options.channels));
  }
}

/// The stream of one batch's mixing.
Random mixStream(std::uint64_t seed, std::int64_t epoch, std::int64_t index) {
  constexpr std::uint64_t kPurpose = 3;
  return Random(hashKeys(seed, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(index), kPurpose));
}

}  // namespace

BatchMaker::BatchMaker(std::shared_ptr<const Dataset> dataset, LoaderOptions options)
    : dataset_(std::move(dataset)),
      options_(std::move(options)),
      shape_{dataset_->size(), options_.batch, options_.accumulate, options_.rank, options_.ranks, options_.dropLast},
      filler_(dataset_->size(), options_.shuffle, options_.seed),
      color_(options_.channels == 1 ? ColorMode::Grey : ColorMode::Rgb),
      stored_(dataset_->stored()) {
  check(options_, *dataset_);
  if (!dataset_->isNormalised()) normaliser_.emplace(options_.mean, options_.std, options_.channels, planeSize());
  if (options_.augment == Augment::Timm) {
    checkRecipe(options_, stored_);
    fill_ = fillOf(options_);
  }
  if (stored_.defined()) {
    const bool sameSize = stored_.size(2) == options_.imageSize && stored_.size(3) == options_.imageSize;
    const bool sameChannels =
        stored_.size(1) == options_.channels || (stored_.size(1) == 1 && stored_.scalar_type() == at::kByte);
    direct_ = sameSize && sameChannels;
    if (!direct_ && stored_.scalar_type() != at::kByte) {
      throw Error(ErrorKind::Config, dataset_->nameOf(0) +
                                         ": float images must have model.in_channels and "
                                         "model.image_size");
    }
  }
  if (!direct_ && options_.channels != 1 && options_.channels != 3) {
    throw Error(ErrorKind::Config,
                "model.in_channels must be 1 or 3 for images, not " + std::to_string(options_.channels));
  }
}

std::size_t BatchMaker::planeSize() const {
  return static_cast<std::size_t>(options_.imageSize) * static_cast<std::size_t>(options_.imageSize);
}

MadeBatch BatchMaker::make(std::int64_t epoch, std::int64_t number) {
  const std::int64_t index = shape_.indexOf(number), count = shape_.sizeAt(index);
  MadeBatch made;
  made.batch.epoch = epoch;
  made.batch.index = index;
  made.batch.images = at::empty({count, options_.channels, options_.imageSize, options_.imageSize}, at::kFloat);
  made.batch.labels = at::empty({count}, at::kLong);
  made.batch.indices = at::empty({count}, at::kLong);
  auto* images = made.batch.images.data_ptr<float>();
  auto* labels = made.batch.labels.data_ptr<std::int64_t>();
  auto* indices = made.batch.indices.data_ptr<std::int64_t>();
  const std::size_t sampleSize = planeSize() * static_cast<std::size_t>(options_.channels);
  std::vector<std::uint8_t> scratch;
  const auto put = [&](std::int64_t place, std::int64_t sample) {
    writeSample(epoch, sample, scratch, images + static_cast<std::size_t>(place) * sampleSize);
    const bool standsIn = options_.evaluation && !options_.shuffle && sample != index * options_.batch + place;
    labels[place] = standsIn ? kUncounted : dataset_->label(sample);
    indices[place] = sample;
  };
  made.skipped = filler_.fill(epoch, index * options_.batch, count, put,
                              [this](std::int64_t sample) { return dataset_->nameOf(sample); });
  if (options_.augment == Augment::Timm && options_.mixes) mix(made.batch);
  return made;
}

void BatchMaker::mix(Batch& batch) const {
  Random random = mixStream(options_.seed, batch.epoch, batch.index);
  const MixDraw draw = drawMix(options_.imageSize, options_.imageSize, random);
  mixBatch(batch.images.data_ptr<float>(), batch.images.size(0), options_.channels, options_.imageSize,
           options_.imageSize, draw);
  batch.ownShare = draw.lambda;
}

void BatchMaker::writeSample(std::int64_t epoch, std::int64_t index, std::vector<std::uint8_t>& scratch,
                             float* out) const {
  Random random = sampleStream(options_.seed, epoch, index);
  if (options_.augment == Augment::Timm) {
    writeRecipe(index, random, out);
    const int size = options_.imageSize;
    const auto box = drawEraseBox(size, size, random);
    if (box) eraseBox(out, options_.channels, size, size, *box, random);
  } else if (direct_) {
    writeStored(index, random, scratch, out);
  } else {
    writeImage(index, random, scratch, out);
  }
}

void BatchMaker::writeStored(std::int64_t index, Random& random, std::vector<std::uint8_t>& scratch, float* out) const {
  const auto channels = static_cast<int>(stored_.size(1));
  const std::size_t values = planeSize() * static_cast<std::size_t>(channels);
  const std::size_t first = static_cast<std::size_t>(index) * values;
  const Plane plane{options_.imageSize, options_.imageSize};
  const Placement placement = drawPlacement(options_.augment, random);
  if (stored_.scalar_type() == at::kByte) {
    scratch.resize(values);
    copyPlaced(stored_.const_data_ptr<std::uint8_t>() + first, scratch.data(), channels, plane, placement);
    normaliser_->planes(scratch.data(), channels, out);
  } else {
    copyPlaced(stored_.const_data_ptr<float>() + first, out, channels, plane, placement);
    if (normaliser_) normaliser_->floats(out);
  }
}

void BatchMaker::writeImage(std::int64_t index, Random& random, std::vector<std::uint8_t>& scratch, float* out) const {
  const int size = options_.imageSize;
  const SampleSource source = dataset_->source(index);
  Image image;
  if (stored_.defined()) {
    // Small stored images have no margin to give away: all of the image, at the model's size.
    image = resize(wholeImage(source, color_), size, size, ResizeFilter::Bicubic);
  } else if (options_.evaluation) {
    image = resizeForEvaluation(wholeImage(source, color_), size);
  } else {
    image = resizeForTraining(source, color_, size, options_.augment, random);
  }
  const std::size_t values = planeSize() * static_cast<std::size_t>(options_.channels);
  scratch.resize(2 * values);
  toPlanes(image, scratch.data());
  copyPlaced(scratch.data(), scratch.data() + values, options_.channels, {size, size},
             drawPlacement(options_.augment, random));
  normaliser_->planes(scratch.data() + values, options_.channels, out);
}

void BatchMaker::writeRecipe(std::int64_t index, Random& random, float* out) const {
  // As the reference: a picture of up to 32 pixels keeps its scale and is only moved.
  constexpr int kLargestPadded = 32;
  const int size = options_.imageSize;
  const SampleSource source = dataset_->source(index);
  Image image;
  if (stored_.defined() && size <= kLargestPadded) {
    image = resize(wholeImage(source, color_), size, size, ResizeFilter::Bicubic);
    const RecipeDraw draw = drawRecipe(size, size, size, Framing::PaddedCrop, random);
    image = applyRecipe(image, size, Framing::PaddedCrop, draw, fill_);
  } else {
    const PixelSize whole = sizeOf(source);
    const RecipeDraw draw = drawRecipe(whole.width, whole.height, size, Framing::ResizedCrop, random);
    image = resizedRegion(source, color_, draw.box, size, size, draw.mirror);
    image = applyOperations(std::move(image), draw.operations, fill_);
  }
  normaliser_->pixels(image, out);
}

}  // namespace slab::data
