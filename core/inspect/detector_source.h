// From what a person names to a detector: model_source.h's for Mask R-CNN.
#pragma once

#include <memory>
#include <string>

#include "core/config/run_config.h"
#include "core/models/detection/mask_rcnn.h"
#include "core/models/state_dict.h"
#include "core/wire/messages.h"

namespace slab::inspect {

/// A detector in evaluation mode, and where it came from.
struct SourcedDetector {
  std::shared_ptr<MaskRcnn> model;
  RunConfig config;  // of the run, or of the settings where the weights lie in none
  std::string weights;
  bool isFolded = false;  // the file held folded weights
  LoadReport report;
};

/// The configuration of the run that the source's weights lie in, with the source's settings; of the settings alone
/// outside of one. Whether it is a detector's is the caller's to see.
RunConfig detectorConfigOf(const ModelSource& source);

/// Builds and loads, strictly; `source.folded` is left to the caller. Throws Error(Config) where the configuration is
/// no detector's, Error(Checkpoint) with the keys that do not fit or where no weights are named.
SourcedDetector openDetector(const ModelSource& source);

}  // namespace slab::inspect
