// Samples that lie in memory as one tensor.
#pragma once

#include <memory>

#include "core/data/dataset.h"

namespace slab::data {

/// `images` N x C x H x W, uint8 or float32; `labels` N, int64.
struct TensorSamples {
  at::Tensor images;
  at::Tensor labels;
  std::vector<std::string> classNames;
  /// What `nameOf` says before the number, e.g. the file's path.
  std::string source;
  bool normalised = false;
  bool keepsOrder = false;
};

/// Throws Error(Data) when shapes or types are not the ones above.
std::unique_ptr<Dataset> makeTensorDataset(TensorSamples samples);

/// `data.type = tensors`: images float32 (already normalised) or uint8, labels int64, in file order.
/// Without labels every label is 0. Throws Error(Data) naming the file.
std::unique_ptr<Dataset> openTensorFiles(const std::string& images, const std::string& labels);

}  // namespace slab::data
