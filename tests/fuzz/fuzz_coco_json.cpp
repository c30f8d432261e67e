// Any text as an annotation file and as results: an Error, or a set whose records hold together and masks that fit.
#include <cstdint>
#include <cstdlib>
#include <set>

#include "core/base/error.h"
#include "core/coco/annotation_file.h"
#include "core/coco/evaluation.h"
#include "core/coco/result_file.h"

namespace {

using namespace slab::coco;

/// Larger masks are sound as well, but take their time.
constexpr std::int64_t kDrawnPixels = 1 << 16;
/// Enough for a list of results of the same text to be about something.
constexpr const char* kSet = R"({"images": [{"id": 1, "width": 8, "height": 6, "file_name": "a"}],
  "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 4, 4], "area": 16, "iscrowd": 0,
                   "segmentation": [[1, 1, 5, 1, 5, 5, 1, 5]]}],
  "categories": [{"id": 1, "name": "thing"}]})";

void check(const AnnotationReading& reading) {
  std::set<std::int64_t> images, categories, annotations;
  for (const CocoImage& image : reading.set.images) {
    if (!images.insert(image.id).second || image.width < 1 || image.height < 1) std::abort();
    if (!image.file.empty() && !faultOfPath(image.file).empty()) std::abort();
  }
  for (const CocoCategory& category : reading.set.categories) {
    if (!categories.insert(category.id).second || category.name.empty()) std::abort();
  }
  for (const CocoAnnotation& annotation : reading.set.annotations) {
    if (!annotations.insert(annotation.id).second) std::abort();
    if (!images.contains(annotation.image) || !categories.contains(annotation.category)) std::abort();
    if (!(annotation.box.width >= 0) || !(annotation.box.height >= 0) || !(annotation.area >= 0)) std::abort();
    for (const CocoImage& image : reading.set.images) {
      if (image.id != annotation.image || std::int64_t{image.width} * image.height > kDrawnPixels) continue;
      if (!std::holds_alternative<std::monostate>(annotation.shape) && !faultOf(maskOf(annotation, image)).empty()) {
        std::abort();
      }
    }
  }
  for (const CocoFault& fault : reading.faults.named()) {
    if (fault.message.empty()) std::abort();
  }
}

void checkScores(const CocoScores& scores) {
  for (const double value : scores.stats) {
    if (!(value == -1 || (value >= 0 && value <= 1))) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    check(parseAnnotations(bytes, "input"));
  } catch (const slab::Error&) {
  }
  static const CocoSet set = [] {
    const std::string_view text(kSet);
    return parseAnnotations(std::as_bytes(std::span(text)), "set").set;
  }();
  for (const OverlapOf of : {OverlapOf::Boxes, OverlapOf::Masks}) {
    try {
      EvaluationOptions options;
      options.of = of;
      options.threads = 1;
      checkScores(evaluate(set, parseResults(bytes, "input", set, of).detections, options));
    } catch (const slab::Error&) {
    }
  }
  return 0;
}
