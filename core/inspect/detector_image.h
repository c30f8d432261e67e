// One image for a detector: a file, or an entry of a COCO set, prepared as the run evaluates.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/base/image.h"
#include "core/config/run_config.h"
#include "core/models/detection/ground_truth.h"
#include "core/wire/messages.h"

namespace slab::inspect {

struct DetectorImage {
  at::Tensor input;  // (1, 3, height, width), normalised, filled up with zeros to multiples of 32
  ImageSize size;    // of the image within
  Image shown;       // what the input holds, before normalisation; the mean colour where it is filled up
  std::vector<std::string> classNames;  // by label; empty where the configuration's set can't be opened
};

/// `config`: sides, mean and deviation, and the data set. Throws Error(Data) naming the file or the range of valid
/// indices.
DetectorImage openDetectorImage(const ImageSource& source, const RunConfig& config);

}  // namespace slab::inspect
