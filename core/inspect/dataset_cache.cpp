#include "core/inspect/dataset_cache.h"

#include <mutex>
#include <optional>

#include "core/base/error.h"

namespace slab::inspect {
namespace {

struct Kept {
  DataConfig data;
  std::int64_t classes = 0, channels = 0, imageSize = 0;
  data::Split split = data::Split::Train;
  std::shared_ptr<const data::Dataset> dataset;
};

}  // namespace

std::shared_ptr<const data::Dataset> cachedDataset(const RunConfig& config, data::Split split) {
  static std::mutex mutex;
  static std::optional<Kept> kept;
  const std::lock_guard lock(mutex);
  const auto& model = config.model;
  if (kept && kept->data == config.data && kept->split == split && kept->classes == model.classes &&
      kept->channels == model.inChannels && kept->imageSize == model.imageSize) {
    return kept->dataset;
  }
  std::shared_ptr<const data::Dataset> dataset = data::openDataset(config.data, model, split);
  if (!dataset) throw Error(ErrorKind::Data, "the data set has no validation part");
  kept = Kept{config.data, model.classes, model.inChannels, model.imageSize, split, dataset};
  return dataset;
}

data::Split splitFromName(const std::string& name) {
  if (name == "train") return data::Split::Train;
  if (name == "val") return data::Split::Validation;
  throw Error(ErrorKind::Config, "a split is train or val, not '" + name + "'");
}

}  // namespace slab::inspect
