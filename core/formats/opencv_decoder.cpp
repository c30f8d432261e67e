#include <cstring>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "core/formats/color.h"
#include "core/formats/image_fault.h"
#include "core/formats/other_decoder.h"

namespace slab {

bool hasOtherFormats() {
  return true;
}

Image decodeOther(std::span<const std::byte> file, const std::string& name, const ImageInfo& info,
                  const DecodeOptions& options) {
  const auto refuse = [&](ImageFault fault, const std::string& cause) -> Image {
    throw ImageError(
        name, fault,
        "the " + std::string(toString(info.format)) + " file of " + std::to_string(file.size()) + " bytes is " + cause);
  };
  // Callers bring their own threads; OpenCV's pool beside them would only compete.
  [[maybe_unused]] static const bool serial = (cv::setNumThreads(1), true);
  const int flags = (info.channels == 1 ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR) | cv::IMREAD_IGNORE_ORIENTATION;
  try {
    // imdecode takes no const; it reads only.
    const cv::Mat encoded(1, static_cast<int>(file.size()), CV_8UC1, const_cast<std::byte*>(file.data()));
    cv::Mat decoded = cv::imdecode(encoded, flags);
    if (decoded.empty()) return refuse(ImageFault::Damaged, "damaged or cut");
    if (decoded.channels() == 3) cv::cvtColor(decoded, decoded, cv::COLOR_BGR2RGB);
    Image image{decoded.cols, decoded.rows, decoded.channels(), {}};
    image.pixels.resize(image.rowBytes() * static_cast<std::size_t>(image.height));
    for (int y = 0; y < image.height; ++y) std::memcpy(image.row(y), decoded.ptr(y), image.rowBytes());
    return convertColor(std::move(image), options.color);
  } catch (const cv::Exception& error) {
    if (error.code == cv::Error::StsNoMem) return refuse(ImageFault::TooLarge, "too large for the memory there is");
    return refuse(ImageFault::Damaged, "damaged: " + error.err);
  }
}

}  // namespace slab
