// A detector over a whole data set: what training's evaluation and `slab eval` share.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "core/coco/coco_set.h"
#include "core/data/detection_set.h"
#include "core/data/loader.h"
#include "core/models/detection/mask_rcnn.h"
#include "core/train/evaluate.h"

namespace slab::train {

class Ranks;

/// What was found, by rising id of the images and falling score. A detection's area is its box's, as COCO's loadRes has
/// it of results with boxes; masks are of the whole image.
struct Findings {
  std::vector<coco::Detection> detections;
  /// Ids of the images that were looked at: not those that could not be decoded, nor those behind a stop.
  std::vector<std::int64_t> images;
  bool isComplete = true;  // not stopped
};

/// One pass over `loader`, which gives the images of `set` in order and whole (DetectionBatches of an evaluation), in
/// evaluation mode; puts the model back into the mode it was in. `goesOn` is told how many images are done, after each
/// batch, and ends the pass by false.
///
/// With `ranks` every process makes the call, each with a loader of its own share of the batches (EpochShape::rank),
/// and rank 0 gets all findings, the same bits as of one process with the same size of batch; the others get none.
/// `goesOn` is called equally often in every process, of the images that all have done together, and must answer the
/// same in all.
Findings detectAll(MaskRcnn& model, data::Loader& loader, const data::DetectionSet& set, c10::Device device,
                   const std::function<bool(std::int64_t done, std::int64_t total)>& goesOn = {},
                   Ranks* ranks = nullptr);

/// COCO's numbers for boxes and masks. Images that were not looked at count as images without a detection where the
/// findings are complete, and not at all where they were stopped.
DetectionScores scoresOf(const Findings& findings, const coco::CocoSet& set, int threads);

}  // namespace slab::train
