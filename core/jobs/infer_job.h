// Running a model on images or on a validation set: what `slab infer` and `slab eval` do. Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/wire/messages.h"

namespace slab::jobs {

struct InferRequest {
  /// `folded`: the file is unfolded and is folded in memory; norms that can't fold stay.
  ModelSource source;
  /// An image, a folder of images, or a .npy file (float32, N x C x H x W, already normalised).
  std::string input;
  /// .npy for the logits (float32, N x classes); "" = none.
  std::string output;
  std::int64_t top = 5;
  std::int64_t batch = 32;
};

struct InferRow {
  std::string name;  // the image's path, or "row 3"
  std::vector<ClassScore> top;
};

struct InferReport {
  std::vector<InferRow> rows;
  std::vector<std::string> warnings;  // images that could not be read, a transition that is not over
  std::int64_t classes = 0;
  double seconds = 0;  // of the forwards alone
};

/// Images are preprocessed as the run evaluates where the weights lie in a run, else as the defaults and
/// data.mean, data.std of the settings say. Throws Error(Data) where no input could be read.
InferReport infer(const InferRequest& request);

struct EvalReport {
  double top1 = 0, top5 = 0;  // percent
  double loss = 0;
  std::int64_t images = 0;
  double seconds = 0;
  std::vector<std::string> warnings;
};

/// The model on the validation set of its run, or of the settings' data.* keys.
EvalReport evaluateModel(const ModelSource& source,
                         const std::function<void(std::int64_t done, std::int64_t total)>& onProgress = {});

}  // namespace slab::jobs
