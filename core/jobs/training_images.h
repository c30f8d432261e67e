// How many images a training would begin with, before it does. Free of torch.
#pragma once

#include <cstdint>
#include <optional>

#include "core/config/run_config.h"

namespace slab::jobs {

/// Size of the training set: what the configuration alone says, else the files of an image folder, listed and not
/// opened. Nothing where that folder is not there, or where data of that type would have to be read.
std::optional<std::int64_t> countTrainingImages(const RunConfig& config);

}  // namespace slab::jobs
