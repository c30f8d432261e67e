#include "core/inspect/image_source.h"

#include <torch/torch.h>

#include "core/base/error.h"
#include "core/config/enums.h"
#include "core/formats/image_codec.h"
#include "core/formats/resize.h"
#include "core/inspect/dataset_cache.h"

namespace slab::inspect {
namespace {

struct Entry {
  Image image;
  std::int64_t label = -1;
  std::vector<std::string> classNames;
  std::int64_t count = 0;
  at::Tensor stored;     // (C, H, W) where the data set holds normalised values
  bool isFile = false;   // picked by itself, of no data set
  bool isSmall = false;  // of a data set that is held in memory at one size
};

RunConfig withData(const RunConfig& config, const ImageSource& source) {
  RunConfig changed = config;
  if (!source.dataType.empty()) {
    const auto type = fromWord<DataType>(source.dataType);
    if (!type) throw Error(ErrorKind::Config, "there is no kind of data set named '" + source.dataType + "'");
    changed.data.type = *type;
  }
  if (!source.dataRoot.empty()) changed.data.root = source.dataRoot;
  return changed;
}

// The class names a file's scores are shown with: those of the run's data set, if it can be opened.
std::vector<std::string> namesFor(const RunConfig& config) {
  try {
    return cachedDataset(config, data::Split::Validation)->classNames();
  } catch (const Error&) {
    return {};
  }
}

Entry entryOf(const ImageSource& source, const RunConfig& config) {
  Entry entry;
  if (!source.path.empty()) {
    DecodeOptions options;
    options.color = config.model.inChannels == 1 ? ColorMode::Grey : ColorMode::Rgb;
    entry.image = decodeImage(source.path, options);
    entry.classNames = namesFor(config);
    entry.isFile = true;
    return entry;
  }
  const auto dataset = cachedDataset(withData(config, source), splitFromName(source.split));
  entry.count = dataset->size();
  if (source.index < 0 || source.index >= entry.count) {
    throw Error(ErrorKind::Data, "image " + std::to_string(source.index) + " is not in the " + source.split +
                                     " set of " + std::to_string(entry.count) + " images");
  }
  entry.image = dataset->image(source.index);
  entry.label = dataset->label(source.index);
  entry.classNames = dataset->classNames();
  entry.isSmall = dataset->stored().defined();
  entry.stored = dataset->isNormalised() ? dataset->stored().select(0, source.index) : at::Tensor();
  return entry;
}

// Grey is repeated, colour is reduced to luma where the model takes one channel.
Image withChannels(const Image& image, int channels) {
  if (image.channels == channels) return image;
  Image result{image.width, image.height, channels, {}};
  const std::size_t pixels = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
  result.pixels.resize(pixels * static_cast<std::size_t>(channels));
  for (std::size_t i = 0; i < pixels; ++i) {
    const std::uint8_t* from = image.pixels.data() + i * static_cast<std::size_t>(image.channels);
    // ITU-R 601 luma in 16-bit integers, as PIL converts to grey.
    const int grey =
        image.channels >= 3 ? (from[0] * 19595 + from[1] * 38470 + from[2] * 7471 + 0x8000) >> 16 : from[0];
    for (int c = 0; c < channels; ++c) {
      result.pixels[i * static_cast<std::size_t>(channels) + static_cast<std::size_t>(c)] =
          image.channels >= 3 && channels == 3 ? from[c] : static_cast<std::uint8_t>(grey);
    }
  }
  return result;
}

// As BatchMaker prepares the data set's images for an evaluation, also those that have the model's size
// already: what is shown is what was measured. A file that a person picked at that very size is taken
// for prepared.
Image prepared(const Entry& entry, Image image, int size) {
  const bool fits = image.width == size && image.height == size;
  if (entry.isFile && fits) return image;
  if (entry.isSmall) return fits ? image : resize(image, size, size, ResizeFilter::Bicubic);
  return resizeForEvaluation(image, size);
}

double perChannel(const std::vector<double>& values, int channel) {
  return values.size() == 1 ? values[0] : values.at(static_cast<std::size_t>(channel));
}

at::Tensor normalised(const Image& image, const DataConfig& data) {
  at::Tensor input = at::empty({1, image.channels, image.height, image.width});
  for (int channel = 0; channel < image.channels; ++channel) {
    at::Tensor plane = input[0][channel];
    float* values = plane.data_ptr<float>();
    const double mean = perChannel(data.mean, channel), deviation = perChannel(data.std, channel);
    const std::size_t pixels = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
    for (std::size_t i = 0; i < pixels; ++i) {
      const std::uint8_t byte =
          image.pixels[i * static_cast<std::size_t>(image.channels) + static_cast<std::size_t>(channel)];
      values[i] = static_cast<float>((byte / 255.0 - mean) / deviation);
    }
  }
  return input;
}

}  // namespace

SourcedImage openImage(const ImageSource& source, const RunConfig& config) {
  Entry entry = entryOf(source, config);
  const int size = static_cast<int>(config.model.imageSize), channels = static_cast<int>(config.model.inChannels);
  Image shown = prepared(entry, withChannels(entry.image, channels), size);
  SourcedImage opened;
  opened.input = entry.stored.defined() ? entry.stored.unsqueeze(0).to(at::kFloat) : normalised(shown, config.data);
  opened.shown = std::move(shown);
  opened.label = entry.label;
  opened.classNames = std::move(entry.classNames);
  opened.count = entry.count;
  return opened;
}

}  // namespace slab::inspect
