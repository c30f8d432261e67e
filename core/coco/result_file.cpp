#include "core/coco/result_file.h"

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/format.h"
#include "core/coco/record_fields.h"
#include "core/coco/record_parser.h"
#include "core/formats/mapped_file.h"

namespace slab::coco {
namespace {

std::string sizeText(std::uint32_t height, std::uint32_t width) {
  return std::to_string(width) + " x " + std::to_string(height);
}

class ResultReader {
 public:
  ResultReader(const std::string& name, const CocoSet& set, OverlapOf of) : name_(name), set_(set), of_(of) {
    for (const CocoImage& image : set.images) images_[image.id] = &image;
    for (const CocoCategory& category : set.categories) categories_.insert(category.id);
  }

  void take(Section section, const Record& record) {
    RecordFields fields(name_, section, record, faults_);
    if (record.number == 1) hasBoxes_ = fields.hasBox();
    takeDetection(fields);
  }

  ResultReading finish() {
    if (reading_.detections.empty() && reading_.otherCategories > 0) faults_.add(firstOther_);
    refuseFaults(faults_, "all of them in this file of results");
    return std::move(reading_);
  }

 private:
  void takeDetection(RecordFields& fields) {
    Detection detection;
    detection.image = fields.wholeNumber(Field::ImageId);
    detection.category = fields.wholeNumber(Field::CategoryId);
    detection.score = fields.number(Field::Score, FaultKind::BadScore);
    const CocoImage* image = known(fields, detection);
    if (image == nullptr) return;
    if (hasBoxes_) {
      detection.box = fields.box();
      detection.area = detection.box.width * detection.box.height;
    }
    if (of_ == OverlapOf::Masks || !hasBoxes_) takeMask(fields, *image, detection);
    if (fields.isSound()) reading_.detections.push_back(std::move(detection));
  }

  /// The image of a detection; nullptr after a fault, and where the detection is passed over.
  const CocoImage* known(RecordFields& fields, const Detection& detection) {
    if (!fields.isSound()) return nullptr;
    const auto image = images_.find(detection.image);
    if (image == images_.end()) {
      fields.fault(FaultKind::UnknownImage, "is of image " + std::to_string(detection.image) + ", which is not in " +
                                                set_.path + "; give the annotations that these results belong to");
      return nullptr;
    }
    if (!categories_.contains(detection.category)) {
      if (reading_.otherCategories++ == 0) {
        firstOther_ =
            makeFault(FaultKind::UnknownCategory, name_, fields.name(),
                      "is of category " + std::to_string(detection.category) + ", which is not in " + set_.path +
                          ", nor is any other's; write COCO's category ids, not the model's "
                          "class numbers");
      }
      return nullptr;
    }
    return image->second;
  }

  void takeMask(RecordFields& fields, const CocoImage& image, Detection& detection) const {
    const auto height = static_cast<std::uint32_t>(image.height), width = static_cast<std::uint32_t>(image.width);
    CocoShape shape = fields.shape();
    if (!fields.isSound()) return;
    if (auto* runs = std::get_if<RunLengths>(&shape)) {
      detection.mask = std::move(*runs);
      if (detection.mask.height != height || detection.mask.width != width) {
        fields.fault(FaultKind::BadRunLengths,
                     "has a mask of " + sizeText(detection.mask.height, detection.mask.width) +
                         " pixels (width x height), image " + std::to_string(image.id) + " has " +
                         sizeText(height, width) + "; give masks of the whole image");
      }
    } else if (const auto* polygons = std::get_if<std::vector<Polygon>>(&shape)) {
      draw(fields, *polygons, height, width, detection);
    } else {
      const bool wantsMask = of_ == OverlapOf::Masks;
      fields.fault(FaultKind::MissingField, wantsMask
                                                ? "has no segmentation; compare boxes (--type bbox), or write masks"
                                                : "has neither bbox nor segmentation; write one of them");
      return;
    }
    if (hasBoxes_ || !fields.isSound()) return;
    detection.area = static_cast<double>(areaOf(detection.mask));
    detection.box = fields.hasBox() ? fields.box() : boxOf(detection.mask);
  }

  static void draw(RecordFields& fields, const std::vector<Polygon>& polygons, std::uint32_t height,
                   std::uint32_t width, Detection& detection) {
    for (const Polygon& polygon : polygons) {
      const std::string fault = faultOf(polygon, height, width);
      if (fault.empty()) continue;
      fields.fault(FaultKind::BadPolygon, "has a polygon that is none: " + fault + "; draw it again");
      return;
    }
    detection.mask = drawPolygons(polygons, height, width);
  }

  const std::string& name_;
  const CocoSet& set_;
  OverlapOf of_;
  std::unordered_map<std::int64_t, const CocoImage*> images_;
  std::unordered_set<std::int64_t> categories_;
  bool hasBoxes_ = false;
  FaultList faults_;
  CocoFault firstOther_;  // where otherCategories > 0
  ResultReading reading_;
};

/// Thrown to end the reading after the first result.
struct FirstResult {
  bool hasMask = false;
};

}  // namespace

ResultReading parseResults(std::span<const std::byte> json, const std::string& name, const CocoSet& set, OverlapOf of,
                           const ReadingWatch& watch) {
  ResultReader reader(name, set, of);
  const bool withShapes = true;  // results without boxes have them of their masks
  parseRecords(json, name, CocoFile::Results, withShapes, [&](Section section, const Record& record) {
    watch.passed(name, record, json.size());
    reader.take(section, record);
  });
  return reader.finish();
}

ResultReading readResults(const std::string& path, const CocoSet& set, OverlapOf of, const ReadingWatch& watch) {
  return parseResults(MappedFile(path).bytes(), path, set, of, watch);
}

std::string passedOverText(const ResultReading& reading, const CocoSet& set) {
  const std::int64_t others = reading.otherCategories;
  if (others == 0) return {};
  return formatInteger(others) + (others == 1 ? " result is of a category" : " results are of categories") + " that " +
         set.path + " has not, and " + (others == 1 ? "was" : "were") + " passed over";
}

bool resultsHaveMasks(const std::string& path) {
  const MappedFile file(path);
  try {
    parseRecords(file.bytes(), path, CocoFile::Results, /*withShapes=*/true, [](Section, const Record& record) {
      const ShapeField& shape = record.shape;
      const bool hasPolygons = shape.kind == ShapeField::Kind::Lists && !shape.lists.empty();
      throw FirstResult{hasPolygons || shape.kind == ShapeField::Kind::RunLengths};
    });
  } catch (const FirstResult& first) {
    return first.hasMask;
  }
  return false;
}

}  // namespace slab::coco
