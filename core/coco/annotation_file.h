// COCO's annotation files (instances_val2017.json and their like).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/coco/coco_set.h"
#include "core/coco/faults.h"
#include "core/coco/reading_watch.h"

namespace slab::coco {

struct AnnotationOptions {
  /// Off: segmentations are passed over, which a comparison of boxes does not need.
  bool withShapes = true;
  ReadingWatch watch{};
};

/// A set and what is wrong with it. Records with a fault that blocks are left out, and what refers to such a record is
/// left out without a fault of its own.
struct AnnotationReading {
  CocoSet set;
  FaultList faults;
};

/// Reads instances_train2017.json (860,000 annotations) in seconds. Throws Error(Data) for a file that is missing, is
/// cut, is no JSON or no COCO annotation file, or whose reading was stopped; what is wrong within is in the faults.
AnnotationReading readAnnotations(const std::string& path, const AnnotationOptions& options = {});

/// The same from memory; `name` stands for the path in messages.
AnnotationReading parseAnnotations(std::span<const std::byte> json, const std::string& name,
                                   const AnnotationOptions& options = {});

/// A set to work with: a fault that blocks is an Error(Data) with the first of them, as is a set without any box.
CocoSet loadAnnotations(const std::string& path, const AnnotationOptions& options = {});

/// "" for a path that stays in the folder it is joined to, else why not: it is absolute, leads out by "..", holds a
/// NUL.
std::string faultOfPath(const std::string& file);

}  // namespace slab::coco
