#include "core/coco/annotation_links.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "core/base/format.h"
#include "core/coco/record_fields.h"

namespace slab::coco {
namespace {

/// Boxes of real sets reach over the edge by their rounding.
constexpr double kTolerance = 1.0;

std::string sizeText(std::uint32_t height, std::uint32_t width) {
  return std::to_string(width) + " x " + std::to_string(height);
}

class LinkCheck {
 public:
  LinkCheck(const CocoSet& set, const RefusedIds& refused, FaultList& faults)
      : set_(set), refused_(refused), faults_(faults) {
    for (const CocoImage& image : set.images) images_[image.id] = &image;
    for (const CocoCategory& category : set.categories) categories_.insert(category.id);
  }

  /// Whether the annotation stays.
  bool keeps(const CocoAnnotation& annotation) {
    if (refused_.images.contains(annotation.image) || refused_.categories.contains(annotation.category)) return false;
    const auto image = images_.find(annotation.image);
    if (image == images_.end()) {
      if (refused_.anyImage) return false;
      return refuse(annotation, FaultKind::UnknownImage,
                    "names image " + std::to_string(annotation.image) +
                        ", which is not in images; add the image or remove the annotation");
    }
    if (!categories_.contains(annotation.category)) {
      if (refused_.anyCategory) return false;
      return refuse(annotation, FaultKind::UnknownCategory,
                    "names category " + std::to_string(annotation.category) +
                        ", which is not in categories; add the category or correct the annotation");
    }
    if (!shapeFits(annotation, *image->second)) return false;
    noteOddities(annotation, *image->second);
    return true;
  }

 private:
  bool refuse(const CocoAnnotation& annotation, FaultKind kind, const std::string& sentence) {
    add(annotation, kind, sentence, true);
    return false;
  }

  void add(const CocoAnnotation& annotation, FaultKind kind, const std::string& sentence, bool blocks) {
    faults_.add(makeFault(kind, set_.path, "annotation " + std::to_string(annotation.id), sentence, blocks));
  }

  bool shapeFits(const CocoAnnotation& annotation, const CocoImage& image) {
    const auto height = static_cast<std::uint32_t>(image.height), width = static_cast<std::uint32_t>(image.width);
    if (const auto* runs = std::get_if<RunLengths>(&annotation.shape)) {
      if (runs->height == height && runs->width == width) return true;
      return refuse(annotation, FaultKind::BadRunLengths,
                    "has run lengths of " + sizeText(runs->height, runs->width) +
                        " pixels (width x height), its image " + std::to_string(image.id) + " has " +
                        sizeText(height, width) + "; encode the mask again");
    }
    if (const auto* polygons = std::get_if<std::vector<Polygon>>(&annotation.shape)) {
      for (const Polygon& polygon : *polygons) {
        const std::string fault = faultOf(polygon, height, width);
        if (fault.empty()) continue;
        return refuse(annotation, FaultKind::BadPolygon, "has a polygon that is none: " + fault + "; draw it again");
      }
    }
    return true;
  }

  /// At most one for an annotation.
  void noteOddities(const CocoAnnotation& annotation, const CocoImage& image) {
    const CocoBox& box = annotation.box;
    if (box.width * box.height == 0) {
      add(annotation, FaultKind::ZeroArea,
          "has a bbox of " + formatNumber(box.width) + " x " + formatNumber(box.height) + " pixels; remove it", false);
    } else if (annotation.area == 0) {
      add(annotation, FaultKind::ZeroArea, "has an area of 0; write the pixels of its mask or remove it", false);
    } else if (box.x < -kTolerance || box.y < -kTolerance || box.x + box.width > image.width + kTolerance ||
               box.y + box.height > image.height + kTolerance) {
      add(annotation, FaultKind::BoxOutside,
          "has a bbox to (" + formatNumber(box.x + box.width) + ", " + formatNumber(box.y + box.height) + ") from (" +
              formatNumber(box.x) + ", " + formatNumber(box.y) + "), outside of its image of " +
              sizeText(static_cast<std::uint32_t>(image.height), static_cast<std::uint32_t>(image.width)) + "; clip it",
          false);
    } else if (annotation.id == 0) {
      add(annotation, FaultKind::ZeroId,
          "has the id 0, and COCO's evaluation counts what finds it as wrong; number annotations from 1", false);
    }
  }

  const CocoSet& set_;
  const RefusedIds& refused_;
  FaultList& faults_;
  std::unordered_map<std::int64_t, const CocoImage*> images_;
  std::unordered_set<std::int64_t> categories_;
};

}  // namespace

void checkLinks(CocoSet& set, const RefusedIds& refused, FaultList& faults, const ReadingWatch& watch) {
  LinkCheck check(set, refused, faults);
  std::int64_t checked = 0;
  std::erase_if(set.annotations, [&](const CocoAnnotation& annotation) {
    if (++checked % ReadingWatch::kEvery == 0) watch.throwIfStopped(set.path);
    return !check.keeps(annotation);
  });
}

}  // namespace slab::coco
