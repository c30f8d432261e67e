#include "core/inspect/image_source.h"

#include <torch/torch.h>

#include <algorithm>
#include <filesystem>

#include "core/base/error.h"
#include "core/config/enums.h"
#include "core/formats/idx.h"
#include "core/formats/image_codec.h"
#include "core/formats/resize.h"

namespace slab::inspect {
namespace {

struct Entry {
  Image image;
  std::int64_t label = -1;
  std::vector<std::string> classNames;
  std::int64_t count = 0;
};

const std::vector<std::string>& fashionNames() {
  static const std::vector<std::string> names{"T-shirt/top", "trouser", "pullover", "dress", "coat",
                                              "sandal",      "shirt",   "sneaker",  "bag",   "ankle boot"};
  return names;
}

Entry fashionEntry(const std::string& root, const std::string& split, std::int64_t index) {
  const std::filesystem::path folder = root.empty() ? kFashionMnistRoot : root;
  const std::string stem = split == "train" ? "train" : "t10k";
  const IdxArray images = readIdx((folder / (stem + "-images-idx3-ubyte.gz")).string());
  const IdxArray labels = readIdx((folder / (stem + "-labels-idx1-ubyte.gz")).string());
  Entry entry;
  entry.count = images.shape.at(0);
  if (index < 0 || index >= entry.count) {
    throw Error(ErrorKind::Data, "image " + std::to_string(index) + " is not in the " + split + " set of " +
                                     std::to_string(entry.count) + " images");
  }
  const int height = static_cast<int>(images.shape.at(1)), width = static_cast<int>(images.shape.at(2));
  const std::ptrdiff_t bytes = static_cast<std::ptrdiff_t>(height) * width;
  const auto first = images.values.begin() + static_cast<std::ptrdiff_t>(index) * bytes;
  entry.image = {width, height, 1, {first, first + bytes}};
  entry.label = labels.values.at(static_cast<std::size_t>(index));
  entry.classNames = fashionNames();
  return entry;
}

Entry entryOf(const ImageSource& source, const RunConfig& config) {
  if (!source.path.empty()) {
    Entry entry;
    DecodeOptions options;
    options.color = config.model.inChannels == 1 ? ColorMode::Grey : ColorMode::Rgb;
    entry.image = decodeImage(source.path, options);
    if (config.data.type == DataType::FashionMnist) entry.classNames = fashionNames();
    return entry;
  }
  const auto type = source.dataType.empty() ? config.data.type : fromWord<DataType>(source.dataType);
  if (type == DataType::FashionMnist) {
    return fashionEntry(source.dataRoot.empty() ? config.data.root : source.dataRoot, source.split, source.index);
  }
  throw Error(ErrorKind::Data, "images of this kind of data set are opened by their file: give a path");
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
  Image shown = withChannels(entry.image, channels);
  if (shown.width != size || shown.height != size) shown = resizeForEvaluation(shown, size);
  SourcedImage opened;
  opened.input = normalised(shown, config.data);
  opened.shown = std::move(shown);
  opened.label = entry.label;
  opened.classNames = std::move(entry.classNames);
  opened.count = entry.count;
  return opened;
}

}  // namespace slab::inspect
