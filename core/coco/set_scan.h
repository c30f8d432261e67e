// Looking through a data set before it is trained on or evaluated: the annotation file, and the images it names.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/coco/faults.h"

namespace slab::coco {

struct SetScanOptions {
  std::stop_token stop;
  /// Called from the scanning thread, every hundred images.
  std::function<void(std::int64_t done, std::int64_t total)> onProgress;
};

struct ClassCount {
  std::int64_t category = 0;  // id
  std::string name;
  std::int64_t objects = 0, crowds = 0;
};

struct SetScanReport {
  std::int64_t images = 0;  // whose files were looked at, or are known by their record alone
  std::int64_t allImages = 0;
  bool isComplete = true;  // false: stopped before the end; while the annotations were read, all counts are 0
  std::int64_t annotations = 0, crowds = 0;
  std::int64_t withPolygons = 0, withRunLengths = 0;
  std::int64_t withoutBoxes = 0;    // images in which nothing is annotated
  std::vector<ClassCount> classes;  // in the order of the file
  FaultList faults;
  double seconds = 0;
};

/// Reads the annotation file and, where `root` is not empty, the header of every image below that folder: whether it is
/// there, is an image, and has the size of its record. A file that a link leads out of the folder is not opened. Throws
/// Error(Data) where the annotation file or the folder can't be read; everything else is a fault in the report.
SetScanReport scanSet(const std::string& annotations, const std::string& root, const SetScanOptions& options = {});

}  // namespace slab::coco
