// What a detector found, image by image: how the processes of an evaluation hand it to rank 0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/coco/coco_set.h"

namespace slab::train {

class Ranks;

/// One image and what was found in it, by falling score.
struct FoundImage {
  std::int64_t image = 0;  // id
  std::int64_t batch = 0;  // number of its batch among all processes'
  std::vector<coco::Detection> detections;
};

/// Every bit of each value, for processes of machines with the same order of bytes.
std::string toBytes(const std::vector<FoundImage>& found);
/// Throws Error(Internal) for bytes that toBytes did not write.
std::vector<FoundImage> foundImagesOf(std::string_view bytes);

/// In rank 0 the images of all processes by rising batch, within one in the order given; nothing elsewhere. Every
/// process makes the call.
std::vector<FoundImage> collectFound(Ranks& ranks, const std::vector<FoundImage>& own);

}  // namespace slab::train
