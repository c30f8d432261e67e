#include "tests/bench/coco/made_set.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>
#include <vector>

#include "core/base/rng.h"
#include "core/coco/coco_set.h"

namespace slab::bench {
namespace {

using nlohmann::json;

constexpr int kWidth = 640, kHeight = 480, kCategories = 80, kObjects = 14;  // up to so many objects an image

double hundredths(double value) {
  return std::round(100 * value) / 100;
}

/// An uneven circle in the box.
coco::Polygon outlineIn(const coco::CocoBox& box, Random& random) {
  const std::uint64_t points = 8 + random.below(33);
  coco::Polygon polygon;
  for (std::uint64_t i = 0; i < points; ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(points);
    const double radius = 0.35 + 0.15 * random.uniform();
    polygon.push_back(hundredths(std::clamp(box.x + box.width * (0.5 + radius * std::cos(angle)), 0.0, 1.0 * kWidth)));
    polygon.push_back(
        hundredths(std::clamp(box.y + box.height * (0.5 + radius * std::sin(angle)), 0.0, 1.0 * kHeight)));
  }
  return polygon;
}

coco::CocoBox drawBox(Random& random) {
  // Many small, few large, as in COCO.
  const double width = 8 + 400 * std::pow(random.uniform(), 3), height = 8 + 300 * std::pow(random.uniform(), 3);
  return {hundredths((kWidth - width) * random.uniform()), hundredths((kHeight - height) * random.uniform()),
          hundredths(width), hundredths(height)};
}

coco::CocoBox near(const coco::CocoBox& box, Random& random) {
  const auto shift = [&](double size) { return 0.2 * size * (random.uniform() - 0.5); };
  return {hundredths(std::max(0.0, box.x + shift(box.width))), hundredths(std::max(0.0, box.y + shift(box.height))),
          hundredths(box.width + shift(box.width)), hundredths(box.height + shift(box.height))};
}

json toJson(const coco::CocoBox& box) {
  return {box.x, box.y, box.width, box.height};
}

struct Object {
  coco::CocoBox box;
  std::uint64_t category = 0;
};

std::vector<Object> addObjects(int image, Random& random, json& annotations) {
  std::vector<Object> objects;
  for (std::uint64_t left = random.below(kObjects + 1); left > 0; --left) {
    const Object object{drawBox(random), 1 + random.below(kCategories)};
    const coco::Polygon polygon = outlineIn(object.box, random);
    const coco::RunLengths mask = coco::drawPolygon(polygon, kHeight, kWidth);
    const bool isCrowd = random.below(50) == 0;
    json shape = json::array({polygon});
    if (isCrowd) shape = {{"size", {kHeight, kWidth}}, {"counts", mask.counts}};
    annotations.push_back({{"id", annotations.size() + 1},
                           {"image_id", image},
                           {"category_id", object.category},
                           {"bbox", toJson(object.box)},
                           {"area", coco::areaOf(mask)},
                           {"iscrowd", isCrowd ? 1 : 0},
                           {"segmentation", shape}});
    objects.push_back(object);
  }
  return objects;
}

void write(const std::string& path, const json& content) {
  std::ofstream(path) << content.dump();
}

}  // namespace

void writeMadeSet(const MadeSet& made, const std::string& folder) {
  Random random(hashKeys(1));
  json images = json::array(), annotations = json::array(), boxes = json::array(), masks = json::array();
  for (int image = 1; image <= made.images; ++image) {
    images.push_back({{"id", image}, {"width", kWidth}, {"height", kHeight}, {"file_name", "none.jpg"}});
    const auto objects = addObjects(image, random, annotations);
    for (int i = 0; i < made.detections; ++i) {
      const bool isNear = !objects.empty() && i % 2 == 0;
      Object found{drawBox(random), 1 + random.below(kCategories)};
      if (isNear) {
        found = objects[random.below(objects.size())];
        found.box = near(found.box, random);
      }
      json result{{"image_id", image}, {"category_id", found.category}, {"score", random.uniform()}};
      const coco::RunLengths mask = coco::drawPolygon(outlineIn(found.box, random), kHeight, kWidth);
      masks.push_back(result);
      masks.back()["segmentation"] = {{"size", {kHeight, kWidth}}, {"counts", coco::toCompressed(mask)}};
      result["bbox"] = toJson(found.box);
      boxes.push_back(std::move(result));
    }
  }
  json categories = json::array();
  for (int i = 1; i <= kCategories; ++i) categories.push_back({{"id", i}, {"name", "kind " + std::to_string(i)}});
  write(folder + "/annotations.json",
        {{"info", json::object()}, {"images", images}, {"annotations", annotations}, {"categories", categories}});
  write(folder + "/bbox.json", boxes);
  write(folder + "/segm.json", masks);
}

}  // namespace slab::bench
