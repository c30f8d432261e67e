// One image for a model: a file, or an entry of a data set, preprocessed as the run evaluates. The recipe
// (shorter side to 256/224 of the size, central crop) also enlarges and crops images of a folder that have
// the model's size already, as the reference does; a single file of that very size is taken as it is.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/base/image.h"
#include "core/config/run_config.h"
#include "core/wire/messages.h"

namespace slab::inspect {

struct SourcedImage {
  at::Tensor input;  // (1, C, size, size), normalised
  Image shown;       // what the model sees, before normalisation, 8 bits
  std::int64_t label = -1;
  std::vector<std::string> classNames;
  std::int64_t count = 0;  // images of the data set; 0 for a file
};

/// `config`: model size and channels, mean and std, and the data set unless the source names one.
/// Throws Error(Data) naming the file or the range of valid indices.
SourcedImage openImage(const ImageSource& source, const RunConfig& config);

}  // namespace slab::inspect
