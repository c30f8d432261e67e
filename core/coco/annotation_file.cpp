#include "core/coco/annotation_file.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/coco/annotation_links.h"
#include "core/coco/record_fields.h"
#include "core/coco/record_parser.h"
#include "core/formats/mapped_file.h"

namespace slab::coco {
namespace {

/// Takes the records as they come; what they refer to is looked at when all are there.
class AnnotationReader {
 public:
  AnnotationReader(const std::string& name, AnnotationReading& reading) : name_(name), reading_(reading) {}

  void take(Section section, Record& record) {
    RecordFields fields(name_, section, record, reading_.faults);
    switch (section) {
      case Section::Images: takeImage(fields); break;
      case Section::Categories: takeCategory(fields); break;
      default: takeAnnotation(fields); break;
    }
  }

  void finish(const ReadingWatch& watch) {
    checkLinks(reading_.set, refused_, reading_.faults, watch);
    if (annotations_ > 0) return;
    reading_.faults.add(
        makeFault(FaultKind::NoBoxes, name_, "",
                  "annotates nothing: there is no box in it, so that there is nothing to find; give the "
                  "file with the annotations"));
  }

 private:
  /// The id, which no record of this list had before.
  std::int64_t uniqueId(RecordFields& fields, std::unordered_set<std::int64_t>& ids, const char* what) {
    const std::int64_t id = fields.wholeNumber(Field::Id);
    hasId_ = fields.isSound();
    isOther_ = hasId_ && !ids.insert(id).second;
    if (isOther_) {
      fields.fault(FaultKind::DuplicateId,
                   std::string("has an id that another ") + what + " has as well; give each its own");
    }
    return id;
  }

  void takeImage(RecordFields& fields) {
    CocoImage image;
    image.id = uniqueId(fields, imageIds_, "image");
    image.width = fields.side(Field::Width);
    image.height = fields.side(Field::Height);
    if (std::int64_t{image.width} * image.height > kMostMaskPixels) {
      fields.fault(FaultKind::BadSize, "has " + std::to_string(image.width) + " x " + std::to_string(image.height) +
                                           " pixels, more than a mask can count; make it smaller");
    }
    image.file = fileOf(fields);
    keep(fields, image, reading_.set.images, refused_.images, refused_.anyImage);
  }

  std::string fileOf(RecordFields& fields) {
    if (!fields.has(Field::FileName)) {
      fields.fault(FaultKind::MissingField, "has no file_name; add it, or the image can't be opened", false);
      return {};
    }
    std::string file = fields.text(Field::FileName);
    if (!fields.isSound()) return {};
    const std::string fault = faultOfPath(file);
    if (!fault.empty()) fields.fault(FaultKind::UnsafePath, "has a file_name that " + fault);
    return file;
  }

  void takeCategory(RecordFields& fields) {
    CocoCategory category;
    category.id = uniqueId(fields, categoryIds_, "category");
    category.name = fields.text(Field::Name);
    if (category.name.empty()) fields.fault(FaultKind::MissingField, "has an empty name; write what it is called");
    keep(fields, category, reading_.set.categories, refused_.categories, refused_.anyCategory);
  }

  void takeAnnotation(RecordFields& fields) {
    ++annotations_;
    CocoAnnotation annotation;
    annotation.id = uniqueId(fields, annotationIds_, "annotation");
    annotation.image = fields.wholeNumber(Field::ImageId);
    annotation.category = fields.wholeNumber(Field::CategoryId);
    annotation.box = fields.box();
    annotation.isCrowd = fields.isCrowd();
    annotation.area = areaOf(fields, annotation.box);
    annotation.shape = fields.shape();
    if (fields.isSound()) reading_.set.annotations.push_back(std::move(annotation));
  }

  static double areaOf(RecordFields& fields, const CocoBox& box) {
    if (!fields.has(Field::Area)) {
      fields.fault(FaultKind::MissingField, "has no area; its box's is taken, add the mask's", false);
      return box.width * box.height;
    }
    const double area = fields.number(Field::Area, FaultKind::BadArea);
    if (area < 0) fields.fault(FaultKind::BadArea, "has an area below 0; write the pixels of its mask");
    return area;
  }

  /// A record that is refused is remembered by its id, so that what refers to it is not a fault as well.
  template <typename Kept>
  void keep(const RecordFields& fields, Kept& record, std::vector<Kept>& kept,
            std::unordered_set<std::int64_t>& refused, bool& any) const {
    if (fields.isSound()) {
      kept.push_back(std::move(record));
    } else if (!hasId_) {
      any = true;
    } else if (!isOther_) {
      refused.insert(record.id);
    }
  }

  const std::string& name_;
  AnnotationReading& reading_;
  RefusedIds refused_;
  std::unordered_set<std::int64_t> imageIds_, categoryIds_, annotationIds_;
  bool hasId_ = false, isOther_ = false;  // the record at hand: an id at all, one of an earlier record
  std::int64_t annotations_ = 0;
};

}  // namespace

std::string faultOfPath(const std::string& file) {
  constexpr const char* kMend = "; write it relative to the folder of the images";
  if (file.empty()) return std::string("is empty") + kMend;
  if (file.find('\0') != std::string::npos) return "holds a NUL; write it without";
  if (file.front() == '/' || file.front() == '\\') return "is absolute" + std::string(kMend);
  if (file.size() > 1 && file[1] == ':') return "begins with a drive" + std::string(kMend);
  std::string_view rest = file;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of("/\\"), rest.size());
    if (rest.substr(0, end) == "..") return "leads out of its folder by \"..\"" + std::string(kMend);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

AnnotationReading parseAnnotations(std::span<const std::byte> json, const std::string& name,
                                   const AnnotationOptions& options) {
  AnnotationReading reading;
  reading.set.path = name;
  AnnotationReader reader(name, reading);
  parseRecords(json, name, CocoFile::Annotations, options.withShapes, [&](Section section, Record& record) {
    options.watch.passed(name, record, json.size());
    reader.take(section, record);
  });
  reader.finish(options.watch);
  return reading;
}

AnnotationReading readAnnotations(const std::string& path, const AnnotationOptions& options) {
  return parseAnnotations(MappedFile(path).bytes(), path, options);
}

CocoSet loadAnnotations(const std::string& path, const AnnotationOptions& options) {
  AnnotationReading reading = readAnnotations(path, options);
  refuseFaults(reading.faults, "which slab data scan --type coco --annotations " + path + " names");
  return std::move(reading.set);
}

}  // namespace slab::coco
