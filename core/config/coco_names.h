// How a COCO set's files are called below its root.
#pragma once

#include <string>

namespace slab {

/// annotations/instances_val2017.json below `root`, as COCO has it, or annotations/instances_val.json, as `slab data
/// make-scenes` makes it, for the part "val"; the first of them that is there, "" where none is or `root` is empty.
std::string findCocoAnnotations(const std::string& root, const std::string& part);

/// The folder val2017 or val below `root`, found likewise.
std::string findCocoImages(const std::string& root, const std::string& part);

}  // namespace slab
