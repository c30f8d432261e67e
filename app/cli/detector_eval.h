// `slab eval` of a detector.
#pragma once

#include <string>

#include "core/wire/messages.h"

namespace slab::cli {

/// Prints the twelve numbers for boxes and masks; `results`, where not empty, is a file to write the detections to.
/// Returns the exit code: SIGINT leaves the numbers of the images that were done, and kFailed; so does a file that could
/// not be written, with all numbers printed.
int evaluateDetector(const ModelSource& source, const std::string& results, bool json);

}  // namespace slab::cli
