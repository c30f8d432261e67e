// Accuracy and loss of a model on a validation set.
#pragma once

#include <c10/core/Device.h>

#include <functional>

#include "core/data/loader.h"
#include "core/models/backbone.h"

namespace slab::train {

struct Evaluation {
  double top1 = 0, top5 = 0;  // percent of the images
  double loss = 0;            // mean cross entropy without label smoothing
  std::int64_t images = 0;
  double seconds = 0;
};

/// One pass over the data set of `loader` in evaluation mode, through the branch the model's Context asks for (RepBN
/// unless set: the form that is deployed). Puts the model back into the mode it was in. `onBatch` is
/// told how many batches are done.
Evaluation evaluate(Backbone& model, data::Loader& loader, c10::Device device,
                    const std::function<void(std::int64_t done)>& onBatch = {});

}  // namespace slab::train
