// Accuracy and loss of a model on a validation set.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "core/coco/evaluation.h"
#include "core/data/loader.h"
#include "core/models/backbone.h"
#include "core/ops/synchronized_norm.h"

namespace slab::train {

/// What one forward over a data set gives.
struct Score {
  double top1 = 0, top5 = 0;  // percent of the images
  double loss = 0;            // mean cross entropy without label smoothing
};

/// The other two forms of a PRepBN model: every norm as the mixture at the lambda of the last step, and every norm as
/// its LayerNorm alone.
struct TransitionScores {
  Score mixture, layerNorm;
};

/// COCO's numbers of a detector.
struct DetectionScores {
  coco::CocoScores boxes, masks;
};

/// The score itself is of the branch that was evaluated; in training that is RepBN alone, the form that is deployed.
/// Of a detector the score is 0 and its own stands in `detection`.
struct Evaluation : Score {
  std::optional<TransitionScores> transition;
  std::optional<Score> average;  // of the averaged weights
  std::optional<DetectionScores> detection;
  std::int64_t images = 0;
  double seconds = 0;

  /// What the best checkpoint is chosen by, in percent: top-1, of a detector the mask AP (-1: nothing to find).
  [[nodiscard]] double percent() const {
    if (!detection) return top1;
    const double ap = detection->masks.stats[0];
    return ap < 0 ? -1.0 : 100.0 * ap;
  }
};

/// Told after every batch how many images are done, by all processes together; false ends the evaluation. In a
/// distributed training it answers the same in all of them.
using OnEvaluated = std::function<bool(std::int64_t done, std::int64_t total)>;

/// One pass over the data set of `loader` in evaluation mode, of which each sample that can be decoded counts once,
/// through the branch the model's Context asks for (RepBN unless set: the form that is deployed). Puts the model back
/// into the mode it was in. Nothing where `goesOn` ended it before its last batch.
///
/// With `ranks` every process makes the call, each with a loader of its own share (LoaderOptions::rank), and every
/// process gets the score of all images: a batch is evaluated by one of them, and sums are taken over batches in the
/// order of the data set, so the score is the same bits as that of one process with the same size of batch.
std::optional<Evaluation> evaluate(Backbone& model, data::Loader& loader, c10::Device device,
                                   const OnEvaluated& goesOn = {}, ops::RankGather* ranks = nullptr);

/// The same for a model in training: RepBN alone, and with PRepBN norms also the mixture and LayerNorm alone, all in
/// one pass in which each image is decoded once. Where lambda makes the mixture one of the two others it is not
/// computed again. Leaves RepBN as the branch of evaluation. `average`, where given, is evaluated in the same pass.
/// `goesOn` and `ranks` as above.
std::optional<Evaluation> evaluateTransition(Backbone& model, data::Loader& loader, c10::Device device,
                                             const OnEvaluated& goesOn = {}, Backbone* average = nullptr,
                                             ops::RankGather* ranks = nullptr);

}  // namespace slab::train
