#include "core/data/detection_set.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/coco/annotation_file.h"
#include "core/data/coco_paths.h"

namespace slab::data {
namespace {

namespace fs = std::filesystem;

// mmdet's: smaller images are not trained on.
constexpr int kLeastSide = 32;

// Of what lies within the image.
bool hasPixel(const coco::CocoBox& box, const coco::CocoImage& image) {
  const double width = std::min<double>(box.x + box.width, image.width) - std::max(box.x, 0.0);
  const double height = std::min<double>(box.y + box.height, image.height) - std::max(box.y, 0.0);
  return width >= 1.0 && height >= 1.0;
}

bool isBelow(const fs::path& folder, const fs::path& path) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

std::string sizeText(int width, int height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

[[noreturn]] void throwWithoutMask(const std::string& path, std::int64_t annotation) {
  throw Error(ErrorKind::Data, path + ": annotation " + std::to_string(annotation) +
                                   " has no segmentation, and an evaluation compares masks as well; add it");
}

}  // namespace

DetectionSet::DetectionSet(const std::string& annotations, const std::string& folder) {
  coco::AnnotationReading reading = coco::readAnnotations(annotations);
  coco::refuseFaults(reading.faults, "which slab data scan --type coco --annotations " + annotations + " names");
  set_ = std::move(reading.set);
  for (const auto& [kind, count] : reading.faults.counts()) {
    const bool isLost = kind == coco::FaultKind::ZeroId;
    note("records with the fault " + std::string(coco::toString(kind)), count,
         isLost ? "which COCO's evaluation never finds" : "used as they stand");
  }
  std::error_code error;
  folder_ = fs::canonical(folder, error);
  if (error || !fs::is_directory(folder_, error)) {
    throw Error(ErrorKind::Data,
                folder + " is no folder of images; give the one that file_name in " + annotations + " is relative to");
  }
}

void DetectionSet::number(const DetectorKeys& detector) {
  for (const auto& category : set_.categories) categories_.push_back(category.id);
  std::sort(categories_.begin(), categories_.end());
  const auto count = static_cast<std::int64_t>(categories_.size());
  if (count != detector.classes) {
    throw Error(ErrorKind::Config, set_.path + " has " + std::to_string(count) +
                                       " categories, and the detector a head for " + std::to_string(detector.classes) +
                                       ": set detector.classes to " + std::to_string(count));
  }
  for (std::int64_t label = 0; label < count; ++label) labels_[categoryOf(label)] = label;
}

void DetectionSet::collect(bool isTraining) {
  std::unordered_map<std::int64_t, std::size_t> places;
  for (std::size_t i = 0; i < set_.images.size(); ++i) places[set_.images[i].id] = i;
  std::vector<Sample> all(set_.images.size());
  std::int64_t withoutMask = 0, withoutPixel = 0;
  for (const auto& annotation : set_.annotations) {
    const bool hasMask = !std::holds_alternative<std::monostate>(annotation.shape);
    if (!hasMask && !isTraining) throwWithoutMask(set_.path, annotation.id);
    if (annotation.isCrowd) continue;
    Sample& sample = all[places.at(annotation.image)];
    const bool isThere = annotation.area > 0 && hasPixel(annotation.box, set_.images[places.at(annotation.image)]);
    withoutMask += hasMask ? 0 : 1;
    withoutPixel += hasMask && !isThere ? 1 : 0;
    if (hasMask && isThere) sample.objects.push_back(&annotation);
  }
  std::int64_t empty = 0, small = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].image = i;
    const bool isSmall = std::min(set_.images[i].width, set_.images[i].height) < kLeastSide;
    if (isTraining && (isSmall || all[i].objects.empty())) {
      ++(isSmall ? small : empty);
      continue;
    }
    samples_.push_back(std::move(all[i]));
  }
  std::sort(samples_.begin(), samples_.end(),
            [this](const Sample& a, const Sample& b) { return set_.images[a.image].id < set_.images[b.image].id; });
  if (!isTraining) return;
  note("objects without a mask", withoutMask);
  note("objects without an area of a pixel in their image", withoutPixel);
  note("images without an object to learn from", empty);
  note("images with a side below " + std::to_string(kLeastSide) + " pixels", small);
}

void DetectionSet::note(const std::string& what, std::int64_t count, const std::string& fate) {
  if (count > 0) notices_.push_back({set_.path, what + ": " + formatInteger(count) + ", " + fate});
}

std::shared_ptr<const DetectionSet> DetectionSet::open(const DataConfig& data, const DetectorKeys& detector,
                                                       Split split) {
  const auto paths = findCocoPart(data, split);
  if (!paths) return nullptr;
  const std::shared_ptr<DetectionSet> set(new DetectionSet(paths->annotations, paths->images));
  const bool isTraining = split == Split::Train;
  set->number(detector);
  set->collect(isTraining);
  if (set->samples_.empty()) {
    throw Error(ErrorKind::Data, set->set_.path +
                                     " has no image with an object to learn from: one with a mask and a "
                                     "box, and no crowd");
  }
  if (isTraining && data.limit > 0 && data.limit < set->size()) {
    set->samples_.resize(static_cast<std::size_t>(data.limit));
  }
  return set;
}

const coco::CocoImage& DetectionSet::record(std::int64_t index) const {
  return set_.images[samples_[static_cast<std::size_t>(index)].image];
}

const std::vector<const coco::CocoAnnotation*>& DetectionSet::objects(std::int64_t index) const {
  return samples_[static_cast<std::size_t>(index)].objects;
}

std::string DetectionSet::nameOf(std::int64_t index) const {
  const coco::CocoImage& image = record(index);
  return image.file.empty() ? "image " + std::to_string(image.id) : (folder_ / image.file).string();
}

SampleSource DetectionSet::source(std::int64_t index) const {
  const coco::CocoImage& image = record(index);
  if (image.file.empty()) {
    throw Error(ErrorKind::Data, "image " + std::to_string(image.id) + " of " + set_.path + " has no file_name");
  }
  std::error_code error;
  const fs::path path = fs::canonical(folder_ / image.file, error);
  if (error) throw Error(ErrorKind::Data, nameOf(index) + " can't be opened: " + error.message());
  if (!isBelow(folder_, path)) {
    throw Error(ErrorKind::Data,
                nameOf(index) + " leads out of " + folder_.string() + " by a link; copy the image into the folder");
  }
  SampleSource source = fileSource(path.string());
  const PixelSize size = sizeOf(source);
  if (size.width != image.width || size.height != image.height) {
    throw Error(ErrorKind::Data, nameOf(index) + " is " + sizeText(size.width, size.height) + " pixels, and " +
                                     sizeText(image.width, image.height) + " by its record in " + set_.path);
  }
  return source;
}

}  // namespace slab::data
