// The data sets of a configuration as batch sources.
#pragma once

#include <memory>

#include "core/config/run_config.h"
#include "core/train/batch_source.h"

namespace slab::train {

struct DataSources {
  std::unique_ptr<BatchSource> training;
  std::unique_ptr<BatchSource> validation;  // null where the data set has none
  std::int64_t trainingImages = 0;          // before data.limit
  std::int64_t validationImages = 0;
};

/// Opens the data set of `config.data` for batches of `config.train.batch`. `wantTraining` false: the
/// validation part alone. Throws Error(Data) naming the package or path that is missing.
DataSources openData(const RunConfig& config, bool wantTraining = true);

}  // namespace slab::train
