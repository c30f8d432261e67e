#include "app/gui/coco/image_objects.h"

#include <set>

#include "core/base/error.h"

namespace slab {
namespace {

QRectF rectOf(const coco::CocoBox& box) {
  return {box.x, box.y, box.width, box.height};
}

/// The part of a mask that holds it.
void setMask(ViewObject& object, const coco::RunLengths& mask) {
  const coco::CocoBox box = coco::boxOf(mask);
  const auto left = static_cast<int>(box.x), top = static_cast<int>(box.y);
  const auto width = static_cast<int>(box.width), height = static_cast<int>(box.height);
  if (width <= 0 || height <= 0) return;
  object.mask = QImage(width, height, QImage::Format_Alpha8);
  object.mask.fill(0);
  object.maskAt = {left, top};
  uchar* pixels = object.mask.bits();
  const auto rowBytes = object.mask.bytesPerLine();
  std::uint64_t at = 0;
  bool isIn = false;
  for (const std::uint32_t count : mask.counts) {
    // Columns one below the other: x = at / height.
    for (std::uint64_t i = isIn ? at : at + count; i < at + count; ++i) {
      const auto x = static_cast<qsizetype>(i / mask.height), y = static_cast<qsizetype>(i % mask.height);
      pixels[(y - top) * rowBytes + x - left] = 255;
    }
    at += count;
    isIn = !isIn;
  }
}

ViewObject truthOf(const OpenedSet& set, std::uint32_t place) {
  const coco::CocoAnnotation& annotation = set.set.annotations[place];
  ViewObject object;
  object.box = rectOf(annotation.box);
  object.category = static_cast<int>(set.index.categoryOf(place));
  object.name = QString::fromStdString(set.set.categories[set.index.categoryOf(place)].name);
  object.isCrowd = annotation.isCrowd;
  return object;
}

ViewObject foundOf(const OpenedSet& set, const coco::Detection& detection, std::uint32_t category) {
  ViewObject object;
  object.kind = ViewObject::Kind::Found;
  object.box = rectOf(detection.box);
  object.category = static_cast<int>(category);
  object.name = QString::fromStdString(set.set.categories[category].name);
  object.score = detection.score;
  return object;
}

}  // namespace

ImageObjects objectsOf(const OpenedSet& set, const OpenedResults* results, const coco::ImageMatches* matches,
                       std::size_t image, const std::stop_token& stop) {
  ImageObjects made;
  const coco::CocoImage& record = set.set.images[image];
  for (const std::uint32_t place : set.index.annotationsOf(image)) {
    const coco::CocoAnnotation& annotation = set.set.annotations[place];
    made.truths.push_back(place);
    made.objects.push_back(truthOf(set, place));
    if (stop.stop_requested() || std::holds_alternative<std::monostate>(annotation.shape)) continue;
    try {
      setMask(made.objects.back(), coco::maskOf(annotation, record));
    } catch (const Error& error) {
      made.faults.push_back(QString::fromUtf8(error.what()));
    }
  }
  if (!results || !matches) return made;
  made.found = matches->found;
  for (const coco::FoundObject& found : made.found) {
    const coco::Detection& detection = results->detections[found.detection];
    made.objects.push_back(foundOf(set, detection, found.category));
    if (!stop.stop_requested() && !detection.mask.counts.empty()) setMask(made.objects.back(), detection.mask);
  }
  return made;
}

std::vector<ViewObject> selected(const OpenedSet& set, const ImageObjects& objects, const ObjectSelection& selection,
                                 std::vector<int>* places) {
  using Verdict = ViewObject::Verdict;
  const auto shows = [&](const ViewObject& object) {
    if (selection.isShown && !(*selection.isShown)[static_cast<std::size_t>(object.category)]) return false;
    return object.isCrowd ? selection.crowds : object.score < 0 || object.score >= selection.leastScore;
  };
  std::set<std::int32_t> taken;
  for (const coco::FoundObject& found : objects.found) {
    if (found.score >= selection.leastScore) taken.insert(found.truth[selection.threshold]);
  }
  std::vector<ViewObject> chosen;
  if (places) places->clear();
  for (std::size_t i = 0; i < objects.objects.size(); ++i) {
    ViewObject object = objects.objects[i];
    if (!shows(object)) continue;
    const bool isTruth = i < objects.truths.size();
    if (selection.isCompared && isTruth && !object.isCrowd) {
      const bool isFound = taken.contains(static_cast<std::int32_t>(objects.truths[i]));
      object.verdict = isFound ? Verdict::Right : Verdict::Missed;
    } else if (selection.isCompared && !isTruth) {
      const auto as = coco::foundAs(set.set, objects.found[i - objects.truths.size()], selection.threshold);
      object.verdict = as == coco::FoundAs::Right   ? Verdict::Right
                       : as == coco::FoundAs::Wrong ? Verdict::Wrong
                                                    : Verdict::Ignored;
    }
    chosen.push_back(std::move(object));
    if (places) places->push_back(static_cast<int>(i));
  }
  return chosen;
}

}  // namespace slab
