#include "core/inspect/detector_image.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/base/error.h"
#include "core/config/shown_size.h"
#include "core/data/detection_draw.h"
#include "core/data/detection_set.h"
#include "core/data/normalise.h"
#include "core/inspect/dataset_cache.h"

namespace slab::inspect {
namespace {

constexpr int kChannels = 3;

using Set = std::shared_ptr<const data::DetectionSet>;

Set setOf(const RunConfig& config, const std::string& split) {
  Set set = data::DetectionSet::open(config.data, config.detector, splitFromName(split));
  if (!set) throw Error(ErrorKind::Data, "the data set has no " + split + " part");
  return set;
}

data::SampleSource entryOf(const Set& set, const ImageSource& source) {
  if (source.index >= 0 && source.index < set->size()) return set->source(source.index);
  throw Error(ErrorKind::Data, "image " + std::to_string(source.index) + " is not in the " + source.split + " set of " +
                                   std::to_string(set->size()) + " images");
}

std::vector<std::string> namesOf(const data::DetectionSet& set) {
  const auto& categories = set.annotations().categories;
  std::vector<std::string> names(categories.size());
  for (const auto& category : categories) names.at(static_cast<std::size_t>(set.labelOf(category.id))) = category.name;
  return names;
}

// A file's scores are shown with names where the run's set can be opened, and with numbers where not.
std::vector<std::string> namesFor(const RunConfig& config, const std::string& split) {
  try {
    return namesOf(*setOf(config, split));
  } catch (const Error&) {
    return {};
  }
}

// Zeros of the input stand for the mean.
Image onMeanColour(const Image& image, int width, int height, const std::vector<double>& mean) {
  Image out{width, height, kChannels, {}};
  out.pixels.resize(out.rowBytes() * static_cast<std::size_t>(height));
  for (std::size_t i = 0; i < out.pixels.size(); ++i) {
    const double value = mean.size() == 1 ? mean[0] : mean.at(i % kChannels);
    out.pixels[i] = static_cast<std::uint8_t>(std::clamp(std::lround(value * 255), 0L, 255L));
  }
  for (int y = 0; y < image.height; ++y) std::copy_n(image.row(y), image.rowBytes(), out.row(y));
  return out;
}

}  // namespace

DetectorImage openDetectorImage(const ImageSource& source, const RunConfig& config) {
  DetectorImage opened;
  data::SampleSource sample;
  if (source.path.empty()) {
    const Set set = setOf(config, source.split);
    sample = entryOf(set, source);
    opened.classNames = namesOf(*set);
  } else {
    sample = data::fileSource(source.path);
    opened.classNames = namesFor(config, source.split);
  }
  const PixelSize file = data::sizeOf(sample);
  const data::DetectionView view = data::wholeView(file.width, file.height, config.data);
  const Image image = data::resizedRegion(sample, ColorMode::Rgb, view.region, view.width, view.height);
  at::Tensor values = at::empty({kChannels, view.height, view.width});
  const auto plane = static_cast<std::size_t>(view.width) * static_cast<std::size_t>(view.height);
  data::Normaliser(config.data.mean, config.data.std, kChannels, plane).pixels(image, values.data_ptr<float>());

  const auto width = static_cast<int>(filledUp(view.width));
  const auto height = static_cast<int>(filledUp(view.height));
  opened.size = {view.height, view.width};
  opened.input = at::constant_pad_nd(values, {0, width - view.width, 0, height - view.height}).unsqueeze(0);
  opened.shown = onMeanColour(image, width, height, config.data.mean);
  return opened;
}

}  // namespace slab::inspect
