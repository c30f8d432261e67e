#include "core/formats/image_fault.h"
#include "core/formats/other_decoder.h"

namespace slab {

bool hasOtherFormats() {
  return false;
}

Image decodeOther(std::span<const std::byte>, const std::string& name, const ImageInfo& info, const DecodeOptions&) {
  throw ImageError(name, ImageFault::Unsupported,
                   "it is a " + std::string(toString(info.format)) +
                       " file, and this build reads only JPEG: convert it, or build with OpenCV (-DSLAB_OPENCV=ON)");
}

}  // namespace slab
