#include "core/coco/scene_annotations.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/rng.h"
#include "core/coco/contour.h"

namespace slab::coco {
namespace {

using Json = nlohmann::ordered_json;

/// Whole numbers without a decimal point, as a person writes them.
Json toJson(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return static_cast<double>(whole) == value ? Json(whole) : Json(value);
}

Json toJson(const CocoBox& box) {
  return Json::array({toJson(box.x), toJson(box.y), toJson(box.width), toJson(box.height)});
}

Json toJson(const CocoAnnotation& annotation) {
  if (const auto* polygons = std::get_if<std::vector<Polygon>>(&annotation.shape)) {
    Json lists = Json::array();
    for (const Polygon& polygon : *polygons) {
      Json list = Json::array();
      for (const double value : polygon) list.push_back(toJson(value));
      lists.push_back(std::move(list));
    }
    return lists;
  }
  const auto& runs = std::get<RunLengths>(annotation.shape);
  Json json;
  json["size"] = {runs.height, runs.width};
  if (annotation.isCrowd) {
    json["counts"] = runs.counts;
  } else {
    json["counts"] = toCompressed(runs);
  }
  return json;
}

}  // namespace

std::vector<CocoAnnotation> annotationsOf(const Scene& scene, std::uint64_t key) {
  Random random(key);
  std::vector<CocoAnnotation> annotations;
  for (std::size_t i = 0; i < scene.objects.size(); ++i) {
    const Image mask = scene.maskOf(i);
    RunLengths runs = encodeMask(mask);
    CocoAnnotation annotation;
    annotation.category = static_cast<std::int64_t>(scene.objects[i].label) + 1;
    annotation.isCrowd = scene.objects[i].isCrowd;
    annotation.area = static_cast<double>(areaOf(runs));
    const bool wantsPolygons = random.below(4) > 0 && !annotation.isCrowd;
    auto outlines = wantsPolygons ? outlinesOf(mask) : std::nullopt;
    annotation.box = boxOf(runs);
    if (outlines) {
      annotation.shape = std::move(*outlines);
    } else {
      annotation.shape = std::move(runs);
    }
    annotations.push_back(std::move(annotation));
  }
  return annotations;
}

std::vector<CocoCategory> sceneCategories() {
  std::vector<CocoCategory> categories;
  for (const std::string& name : fashionMnistClassNames()) {
    categories.push_back({static_cast<std::int64_t>(categories.size()) + 1, name});
  }
  return categories;
}

std::string toAnnotationJson(const CocoSet& set, const std::string& description) {
  Json images = Json::array(), annotations = Json::array(), categories = Json::array();
  for (const CocoImage& image : set.images) {
    images.push_back({{"id", image.id}, {"width", image.width}, {"height", image.height}, {"file_name", image.file}});
  }
  for (const CocoAnnotation& annotation : set.annotations) {
    annotations.push_back({{"id", annotation.id},
                           {"image_id", annotation.image},
                           {"category_id", annotation.category},
                           {"bbox", toJson(annotation.box)},
                           {"area", toJson(annotation.area)},
                           {"iscrowd", annotation.isCrowd ? 1 : 0},
                           {"segmentation", toJson(annotation)}});
  }
  for (const CocoCategory& category : set.categories) {
    categories.push_back({{"id", category.id}, {"name", category.name}, {"supercategory", "clothing"}});
  }
  const Json file{{"info", {{"description", description}}},
                  {"licenses", Json::array()},
                  {"images", std::move(images)},
                  {"annotations", std::move(annotations)},
                  {"categories", std::move(categories)}};
  return file.dump();
}

}  // namespace slab::coco
