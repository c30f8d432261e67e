// slab data scan --type coco: looks through an annotation file and the images it names.
#pragma once

#include <string>

namespace slab::cli {

struct CocoScanOptions {
  std::string annotations;
  std::string root;  // "": the annotation file alone
  bool json = false, events = false, strict = false;
};

/// Prints the report; returns the exit code.
int scanCoco(const CocoScanOptions& options);

}  // namespace slab::cli
