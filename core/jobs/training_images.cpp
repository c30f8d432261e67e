#include "core/jobs/training_images.h"

#include <limits>

#include "core/base/error.h"
#include "core/config/schedule.h"
#include "core/data/dataset.h"

namespace slab::jobs {

std::optional<std::int64_t> countTrainingImages(const RunConfig& config) {
  if (const auto known = knownImages(config.data)) return known;
  if (config.data.type != DataType::ImageFolder || config.data.root.empty()) return std::nullopt;
  ModelConfig model = config.model;
  model.classes = std::numeric_limits<std::int64_t>::max();  // that they do not fit is said elsewhere
  try {
    return data::openDataset(config.data, model, data::Split::Train)->size();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace slab::jobs
