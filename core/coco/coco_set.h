// A data set in COCO's format: images, categories, and what is annotated in them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/coco/polygon.h"
#include "core/coco/run_lengths.h"

namespace slab::coco {

struct CocoImage {
  std::int64_t id = 0;
  int width = 0, height = 0;
  /// Relative to the folder of the images; "" where the record has none. Never absolute, never through "..".
  std::string file;
};

struct CocoCategory {
  std::int64_t id = 0;
  std::string name;
};

/// How a mask is given; nothing for an annotation of a box alone. Compressed run lengths are kept unpacked.
using CocoShape = std::variant<std::monostate, std::vector<Polygon>, RunLengths>;

struct CocoAnnotation {
  std::int64_t id = 0, image = 0, category = 0;  // ids
  CocoBox box;
  double area = 0;  // pixels of the mask, as the file says
  /// A region with many objects: detections in it are neither right nor wrong.
  bool isCrowd = false;
  CocoShape shape;
};

/// As read: every list in the order of the file, ids unique, every annotation's image and category there.
struct CocoSet {
  std::string path;  // of the annotation file
  std::vector<CocoImage> images;
  std::vector<CocoCategory> categories;
  std::vector<CocoAnnotation> annotations;
};

/// The mask of an annotation of `image`, polygons drawn. Throws Error(Internal) for one of a box alone.
RunLengths maskOf(const CocoAnnotation& annotation, const CocoImage& image);

/// One thing that a model found.
struct Detection {
  std::int64_t image = 0, category = 0;  // ids
  double score = 0;
  CocoBox box;
  /// By which the evaluation tells small, medium and large: of the box or of the mask (see result_file.h).
  double area = 0;
  RunLengths mask;  // 0 x 0 where there is none
};

}  // namespace slab::coco
