// The data set opened last: an inspection worker is asked page after page of the same one.
#pragma once

#include <memory>

#include "core/config/run_config.h"
#include "core/data/dataset.h"

namespace slab::inspect {

/// The data set of a configuration, kept until another one is asked for. Throws as data::openDataset, and
/// Error(Data) where the split does not exist. Any thread.
std::shared_ptr<const data::Dataset> cachedDataset(const RunConfig& config, data::Split split);

/// "train" or "val"; throws Error(Config) for another word.
data::Split splitFromName(const std::string& name);

}  // namespace slab::inspect
