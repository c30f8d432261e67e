// A set of COCO's kind and results on it, of any size, from a seed.
#pragma once

#include <string>

namespace slab::bench {

struct MadeSet {
  int images = 5000;
  int detections = 100;  // an image
};

/// Writes annotations.json, bbox.json and segm.json into `folder`: 640 x 480 pixels, 80 categories, seven objects an
/// image as in COCO (one in fifty a crowd), outlines of 8 to 40 points; half of the detections lie near an object.
void writeMadeSet(const MadeSet& made, const std::string& folder);

}  // namespace slab::bench
