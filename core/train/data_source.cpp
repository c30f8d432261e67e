#include "core/train/data_source.h"

#include <torch/torch.h>

#include <cstring>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/formats/idx.h"
#include "core/formats/npy.h"

namespace slab::train {
namespace {

class MemorySource final : public BatchSource {
 public:
  struct Options {
    std::int64_t batch;
    bool shuffle, flip, dropLast;
    std::uint64_t seed;
    double mean, std;
  };
  MemorySource(at::Tensor images, at::Tensor labels, Options options)
      : images_(std::move(images)), labels_(std::move(labels)), options_(options) {}

  Batch next() override {
    const std::int64_t perEpoch = batchesPerEpoch();
    const std::int64_t epoch = next_ / perEpoch, index = next_ % perEpoch;
    ++next_;
    const std::int64_t first = index * options_.batch;
    const std::int64_t count = std::min(options_.batch, images_.size(0) - first);
    at::Tensor rows = order(epoch).slice(0, first, first + count);
    at::Tensor images = images_.index_select(0, rows).to(at::kFloat);
    if (images_.scalar_type() == at::kByte) images.div_(255.0).sub_(options_.mean).div_(options_.std);
    if (options_.flip) flip(images, rows, epoch);
    return {images, labels_.index_select(0, rows)};
  }
  void seek(std::int64_t batch) override { next_ = batch; }
  [[nodiscard]] std::int64_t batchesPerEpoch() const override {
    const std::int64_t n = images_.size(0);
    return options_.dropLast ? n / options_.batch : (n + options_.batch - 1) / options_.batch;
  }

 private:
  at::Tensor order(std::int64_t epoch) {
    if (epoch == epoch_) return order_;
    epoch_ = epoch;
    order_ = at::arange(images_.size(0), at::kLong);
    if (!options_.shuffle) return order_;
    auto* values = order_.data_ptr<std::int64_t>();
    Random random(hashKeys(options_.seed, static_cast<std::uint64_t>(epoch), 1));
    for (std::int64_t i = order_.size(0) - 1; i > 0; --i) {
      std::swap(values[i], values[random.below(static_cast<std::uint64_t>(i + 1))]);
    }
    return order_;
  }
  void flip(at::Tensor& images, const at::Tensor& rows, std::int64_t epoch) {
    const auto* row = rows.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
      const auto bits =
          hashKeys(options_.seed, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(row[i]), 2);
      if (uniform01(bits) < 0.5) images[i].copy_(images[i].flip({2}));
    }
  }
  at::Tensor images_, labels_, order_;
  Options options_;
  std::int64_t next_ = 0, epoch_ = -1;
};

at::Tensor readNpy(const std::string& path) {
  const NpyFile file(path);
  const auto type = file.type() == ElementType::U8    ? at::kByte
                    : file.type() == ElementType::I64 ? at::kLong
                                                      : at::kFloat;
  at::Tensor tensor = at::empty(file.shape(), at::TensorOptions().dtype(type));
  std::memcpy(tensor.data_ptr(), file.bytes().data(), file.bytes().size());
  return tensor;
}

}  // namespace

DataSources openData(const RunConfig& config, bool wantTraining) {
  DataSources sources;
  const auto batch = config.train.batch;
  const auto seed = static_cast<std::uint64_t>(config.train.seed);
  const double mean = config.data.mean.front(), std = config.data.std.front();
  if (config.data.type == DataType::Tensors) {
    at::Tensor images = readNpy(config.data.images), labels = readNpy(config.data.labels);
    sources.trainingImages = images.size(0);
    if (wantTraining) {
      sources.training = std::make_unique<MemorySource>(
          images, labels, MemorySource::Options{batch, false, false, true, seed, mean, std});
    }
    if (!config.data.valImages.empty()) {
      sources.validation =
          std::make_unique<MemorySource>(readNpy(config.data.valImages), readNpy(config.data.valLabels),
                                         MemorySource::Options{batch, false, false, false, seed, mean, std});
    }
    return sources;
  }
  const std::string root = config.data.root.empty() ? kFashionMnistRoot : config.data.root;
  const auto read = [&](const char* name) {
    const IdxArray array = readIdx(root + "/" + name);
    return at::tensor(at::ArrayRef<std::uint8_t>(array.values), at::kByte).reshape(array.shape);
  };
  at::Tensor images = read("train-images-idx3-ubyte.gz").unsqueeze(1),
             labels = read("train-labels-idx1-ubyte.gz").to(at::kLong);
  sources.trainingImages = images.size(0);
  if (config.data.limit > 0) {
    images = images.slice(0, 0, config.data.limit);
    labels = labels.slice(0, 0, config.data.limit);
  }
  sources.training =
      std::make_unique<MemorySource>(images, labels, MemorySource::Options{batch, true, true, true, seed, mean, std});
  sources.validation = std::make_unique<MemorySource>(
      read("t10k-images-idx3-ubyte.gz").unsqueeze(1), read("t10k-labels-idx1-ubyte.gz").to(at::kLong),
      MemorySource::Options{batch, false, false, false, seed, mean, std});
  return sources;
}

}  // namespace slab::train
