// Data sets: samples by number, decoded on demand, from any thread.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/image.h"
#include "core/config/data_config.h"
#include "core/config/model_config.h"
#include "core/data/sample_source.h"

namespace slab::data {

enum class Split { Train, Validation };

/// What was noticed while a data set was opened and does not stop it: hidden folders passed over,
/// empty classes, classes of train that validation lacks.
struct DatasetNotice {
  std::string path;
  std::string message;
};

/// A finite, ordered set of labelled samples. Samples can be read from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;

  [[nodiscard]] virtual std::int64_t size() const = 0;
  /// In [0, classNames().size()) where the names are known.
  [[nodiscard]] virtual std::int64_t label(std::int64_t index) const = 0;
  /// By label; empty when the data has no names (tensors).
  [[nodiscard]] virtual const std::vector<std::string>& classNames() const = 0;
  /// The file of a sample, with its number where the file holds several: what messages say.
  [[nodiscard]] virtual std::string nameOf(std::int64_t index) const = 0;

  /// The file that holds this sample and nothing else, to be decoded by whoever asks; "" for data sets that hold
  /// their samples otherwise.
  [[nodiscard]] virtual std::string fileOf(std::int64_t /*index*/) const { return {}; }

  /// Whether the last scan of the data set found this sample to be damaged; `image` then throws without reading it,
  /// unless the file was changed since.
  [[nodiscard]] virtual bool isKnownBad(std::int64_t /*index*/) const { return false; }

  /// The sample as stored, 8 bits a channel, for people to look at. Throws Error(Data) when it is
  /// damaged; float data is scaled so that its smallest value is black and its largest white.
  [[nodiscard]] virtual Image image(std::int64_t index) const = 0;

  /// The same for a loader, which may need only a part of a file. Throws as `image`.
  [[nodiscard]] virtual SampleSource source(std::int64_t index) const {
    return imageSource(image(index), nameOf(index));
  }

  /// All samples (N x C x H x W, uint8 or float32, contiguous) where they have one size and fit into
  /// memory; undefined for data sets that decode files.
  [[nodiscard]] virtual at::Tensor stored() const { return {}; }
  /// Whether `stored` values are normalised already, so that no mean and std apply.
  [[nodiscard]] virtual bool isNormalised() const { return false; }
  /// Whether the order of the samples is to be kept: no shuffling, no augmentation.
  [[nodiscard]] virtual bool keepsOrder() const { return false; }

  [[nodiscard]] virtual const std::vector<DatasetNotice>& notices() const = 0;
};

/// The data set of a configuration, of which `data.limit` keeps the first images of the training
/// part. nullptr for a validation part that does not exist (no error: there is no evaluation then).
/// Throws Error(Data) naming the missing path (and Debian package), and Error(Config) for coco (see
/// detection_set.h), labels outside of `model.classes`, or tensors of another size than the model's.
std::unique_ptr<Dataset> openDataset(const DataConfig& data, const ModelConfig& model, Split split);

/// Images of each class, by label, as long as classNames() or the largest label.
std::vector<std::int64_t> classCounts(const Dataset& dataset);

/// Samples that the last scan found to be damaged.
std::int64_t knownBad(const Dataset& dataset);

}  // namespace slab::data
