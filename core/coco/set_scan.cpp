#include "core/coco/set_scan.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <unordered_set>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/coco/annotation_file.h"
#include "core/coco/record_fields.h"
#include "core/formats/image_codec.h"
#include "core/formats/mapped_file.h"

namespace slab::coco {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kReportEvery = 100;

void countAnnotations(const CocoSet& set, SetScanReport& report) {
  std::unordered_map<std::int64_t, std::size_t> places;
  for (const CocoCategory& category : set.categories) {
    places[category.id] = report.classes.size();
    report.classes.push_back({category.id, category.name, 0, 0});
  }
  std::unordered_set<std::int64_t> annotated;
  for (const CocoAnnotation& annotation : set.annotations) {
    ClassCount& count = report.classes[places.at(annotation.category)];
    ++(annotation.isCrowd ? count.crowds : count.objects);
    report.crowds += annotation.isCrowd ? 1 : 0;
    report.withPolygons += std::holds_alternative<std::vector<Polygon>>(annotation.shape) ? 1 : 0;
    report.withRunLengths += std::holds_alternative<RunLengths>(annotation.shape) ? 1 : 0;
    annotated.insert(annotation.image);
  }
  report.annotations = static_cast<std::int64_t>(set.annotations.size());
  report.allImages = static_cast<std::int64_t>(set.images.size());
  report.withoutBoxes = report.allImages - static_cast<std::int64_t>(annotated.size());
}

/// Looks at image files below one folder.
class ImageCheck {
 public:
  ImageCheck(const CocoSet& set, const std::string& root, FaultList& faults) : set_(set), faults_(faults) {
    std::error_code error;
    root_ = fs::canonical(root, error);
    if (error || !fs::is_directory(root_, error)) {
      throw Error(ErrorKind::Data,
                  root + " is no folder of images: " + (error ? error.message() : std::string("it is a file")) +
                      "; give the folder that file_name is relative to");
    }
  }

  void look(const CocoImage& image) {
    if (image.file.empty()) return;
    std::error_code error;
    const fs::path path = fs::canonical(root_ / image.file, error);
    if (error) {
      fault(image, FaultKind::MissingFile,
            "names the file " + (root_ / image.file).string() + ", which can't be opened: " + error.message() +
                "; add it or give the folder that holds it");
    } else if (!isBelowRoot(path)) {
      fault(image, FaultKind::UnsafePath,
            "names the file " + image.file + ", which leads out of " + root_.string() +
                " by a link; copy the image into the folder");
    } else {
      compare(image, path.string());
    }
  }

 private:
  [[nodiscard]] bool isBelowRoot(const fs::path& path) const {
    return std::mismatch(root_.begin(), root_.end(), path.begin(), path.end()).first == root_.end();
  }

  void compare(const CocoImage& image, const std::string& path) {
    try {
      const MappedFile file(path);
      const ImageInfo info = probeImage(file.bytes(), path);
      if (info.width == image.width && info.height == image.height) return;
      fault(image, FaultKind::OtherSize,
            "is " + std::to_string(image.width) + " x " + std::to_string(image.height) + " pixels by its record, and " +
                std::to_string(info.width) + " x " + std::to_string(info.height) + " in " + path +
                "; correct the record or put back the image that was annotated");
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::Data) throw;
      fault(image, FaultKind::UnreadableImage, "has a file that is no image: " + std::string(error.what()));
    }
  }

  void fault(const CocoImage& image, FaultKind kind, const std::string& sentence) {
    faults_.add(makeFault(kind, set_.path, "image " + std::to_string(image.id), sentence));
  }

  const CocoSet& set_;
  FaultList& faults_;
  fs::path root_;
};

/// Nothing after a stop.
std::optional<AnnotationReading> readUntilStopped(const std::string& annotations, const std::stop_token& stop) {
  AnnotationOptions options;
  options.watch.stop = stop;
  try {
    return readAnnotations(annotations, options);
  } catch (const Error&) {
    if (!stop.stop_requested()) throw;
    return std::nullopt;
  }
}

}  // namespace

SetScanReport scanSet(const std::string& annotations, const std::string& root, const SetScanOptions& options) {
  const Stopwatch watch;
  SetScanReport report;
  auto read = readUntilStopped(annotations, options.stop);
  if (!read) {
    report.isComplete = false;
    report.seconds = watch.seconds();
    return report;
  }
  AnnotationReading& reading = *read;
  report.faults = std::move(reading.faults);
  countAnnotations(reading.set, report);
  if (root.empty()) {
    report.images = report.allImages;
  } else {
    ImageCheck check(reading.set, root, report.faults);
    for (const CocoImage& image : reading.set.images) {
      if (options.stop.stop_requested()) break;
      check.look(image);
      const bool isDue = ++report.images % kReportEvery == 0 || report.images == report.allImages;
      if (isDue && options.onProgress) options.onProgress(report.images, report.allImages);
    }
  }
  report.isComplete = report.images == report.allImages;
  report.seconds = watch.seconds();
  return report;
}

}  // namespace slab::coco
