// A small COCO set and results for tests of the window, written as files.
#pragma once

#include <QString>

namespace slab::test {

struct CocoFiles {
  QString annotations, results, root;
};

/// Below `folder`: annotations/instances_val.json and results.json; four images of 64 x 48 pixels in val/, a cat, a
/// dog and a crowd of dogs. The annotations have five faults, two of which block their record. Found are: in image 1
/// the cat; in image 2 a cat where a dog is, and nothing else of three objects; the rest as annotated.
CocoFiles writeCocoFiles(const QString& folder, bool withMasks = true);

}  // namespace slab::test
