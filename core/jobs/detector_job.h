// A detector on the validation set of its run: what `slab eval` does for one. Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/coco/evaluation.h"
#include "core/wire/messages.h"

namespace slab::jobs {

/// Whether the run the source's weights lie in, or its settings, configure a detector. Throws as evaluateDetector does
/// where there is no such checkpoint.
bool isDetector(const ModelSource& source);

struct DetectorRequest {
  /// `folded`: the file is unfolded and is folded in memory.
  ModelSource source;
  std::string results;  // COCO's file of results to write; "" = none
  std::stop_token stop;
  /// Images; from the calling thread.
  std::function<void(std::int64_t done, std::int64_t total)> onProgress;
};

struct DetectorReport {
  coco::CocoScores boxes, masks;
  std::int64_t detections = 0;
  bool isStopped = false;  // before the last image
  double seconds = 0;
  std::string unwritten;  // why the file of results could not be written; "" where it was, or none was asked for
  std::vector<std::string> warnings;
};

/// Detects in every image and evaluates. A stop leaves the numbers, and the results, of the images that were done, the
/// first by id. Throws, before the model is opened, Error(Data) for results in a folder that is missing or may not be
/// written to; a writing that fails at the end is told in the report. Throws Error(Config) for settings that make no
/// detector, Error(Checkpoint) for weights that do not fit, Error(Data) for a set that is not there or has a fault.
DetectorReport evaluateDetector(const DetectorRequest& request);

}  // namespace slab::jobs
