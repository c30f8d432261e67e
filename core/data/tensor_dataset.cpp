#include "core/data/tensor_dataset.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/error.h"
#include "core/formats/npy.h"

namespace slab::data {
namespace {

class TensorDataset final : public Dataset {
 public:
  explicit TensorDataset(TensorSamples samples) : samples_(std::move(samples)) {}

  [[nodiscard]] std::int64_t size() const override { return samples_.images.size(0); }
  [[nodiscard]] std::int64_t label(std::int64_t index) const override {
    return samples_.labels.const_data_ptr<std::int64_t>()[index];
  }
  [[nodiscard]] const std::vector<std::string>& classNames() const override { return samples_.classNames; }
  [[nodiscard]] std::string nameOf(std::int64_t index) const override {
    return samples_.source + "#" + std::to_string(index);
  }
  [[nodiscard]] at::Tensor stored() const override { return samples_.images; }
  [[nodiscard]] bool isNormalised() const override { return samples_.normalised; }
  [[nodiscard]] bool keepsOrder() const override { return samples_.keepsOrder; }
  [[nodiscard]] const std::vector<DatasetNotice>& notices() const override { return notices_; }

  [[nodiscard]] Image image(std::int64_t index) const override {
    const at::Tensor& all = samples_.images;
    const std::int64_t channels = all.size(1), height = all.size(2), width = all.size(3);
    Image image{static_cast<int>(width), static_cast<int>(height), channels == 3 ? 3 : 1, {}};
    image.pixels.resize(image.rowBytes() * static_cast<std::size_t>(height));
    const std::int64_t plane = height * width, first = index * channels * plane;
    const auto fill = [&](const auto* values, auto&& toByte) {
      for (std::int64_t c = 0; c < image.channels; ++c) {
        for (std::int64_t i = 0; i < plane; ++i) {
          image.pixels[static_cast<std::size_t>(i * image.channels + c)] = toByte(values[first + c * plane + i]);
        }
      }
    };
    if (all.scalar_type() == at::kByte) {
      fill(all.const_data_ptr<std::uint8_t>(), [](std::uint8_t value) { return value; });
    } else {
      const float* values = all.const_data_ptr<float>();
      const auto [low, high] = std::minmax_element(values + first, values + first + image.channels * plane);
      const float scale = *high > *low ? 255.0F / (*high - *low) : 0.0F;
      fill(values, [scale, offset = *low](float value) {
        // NaN compares false and becomes black.
        const float scaled = (value - offset) * scale + 0.5F;
        return static_cast<std::uint8_t>(scaled > 0.0F ? std::min(scaled, 255.0F) : 0.0F);
      });
    }
    return image;
  }

 private:
  TensorSamples samples_;
  std::vector<DatasetNotice> notices_;
};

at::Tensor readTensor(const std::string& path) {
  const NpyFile file(path);
  at::ScalarType type = at::kFloat;
  switch (file.type()) {
    case ElementType::F32: break;
    case ElementType::U8: type = at::kByte; break;
    case ElementType::I64: type = at::kLong; break;
    default:
      throw Error(ErrorKind::Data, path + " holds " + std::string(toString(file.type())) +
                                       ", and images are float32 or uint8, labels int64");
  }
  at::Tensor tensor = at::empty(file.shape(), at::TensorOptions().dtype(type));
  if (!file.bytes().empty()) std::memcpy(tensor.data_ptr(), file.bytes().data(), file.bytes().size());
  return tensor;
}

}  // namespace

std::unique_ptr<Dataset> makeTensorDataset(TensorSamples samples) {
  const auto refuse = [&](const std::string& what) { throw Error(ErrorKind::Data, samples.source + ": " + what); };
  const bool imagesKnown = samples.images.scalar_type() == at::kByte || samples.images.scalar_type() == at::kFloat;
  if (samples.images.dim() != 4 || !imagesKnown) {
    refuse("the images must be N x C x H x W in float32 or uint8, and have " + std::to_string(samples.images.dim()) +
           " dimensions of " + std::string(at::toString(samples.images.scalar_type())));
  }
  if (samples.labels.dim() != 1 || samples.labels.scalar_type() != at::kLong) refuse("the labels must be N in int64");
  if (samples.labels.size(0) != samples.images.size(0)) {
    refuse(std::to_string(samples.images.size(0)) + " images have " + std::to_string(samples.labels.size(0)) +
           " labels");
  }
  if (samples.images.size(0) == 0) refuse("there are no images in it");
  samples.images = samples.images.contiguous();
  samples.labels = samples.labels.contiguous();
  return std::make_unique<TensorDataset>(std::move(samples));
}

std::unique_ptr<Dataset> openTensorFiles(const std::string& images, const std::string& labels) {
  TensorSamples samples;
  samples.images = readTensor(images);
  samples.labels = labels.empty() ? at::zeros({samples.images.dim() > 0 ? samples.images.size(0) : 0}, at::kLong)
                                  : readTensor(labels);
  samples.source = images;
  samples.normalised = samples.images.scalar_type() == at::kFloat;
  samples.keepsOrder = true;
  return makeTensorDataset(std::move(samples));
}

}  // namespace slab::data
