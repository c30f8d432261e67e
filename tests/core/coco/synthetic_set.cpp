#include "tests/core/coco/synthetic_set.h"

#include <algorithm>
#include <array>

#include "core/base/rng.h"

namespace slab::test {
namespace {

using coco::CocoBox;
using coco::drawPolygon;
using coco::Polygon;
using coco::RunLengths;
using nlohmann::json;

std::uint64_t count(double value) {
  return static_cast<std::uint64_t>(value);
}

double quarters(Random& random, std::uint64_t bound) {
  return static_cast<double>(random.below(bound)) / 4;
}

double widthOf(const json& image) {
  return image["width"].get<double>();
}

double heightOf(const json& image) {
  return image["height"].get<double>();
}

CocoBox drawBox(Random& random, const json& image) {
  CocoBox box;
  box.width = static_cast<double>(4 + random.below(count(2 * widthOf(image)))) / 4;
  box.height = static_cast<double>(4 + random.below(count(2 * heightOf(image)))) / 4;
  box.x = quarters(random, count(4 * widthOf(image))) - box.width / 4;
  box.y = quarters(random, count(4 * heightOf(image))) - box.height / 4;
  return box;
}

Polygon drawOutlineIn(Random& random, const CocoBox& box) {
  Polygon polygon;
  for (std::uint64_t points = 3 + random.below(5); points > 0; --points) {
    polygon.push_back(box.x + quarters(random, count(4 * box.width) + 1));
    polygon.push_back(box.y + quarters(random, count(4 * box.height) + 1));
  }
  return polygon;
}

json drawRuns(Random& random, const json& image) {
  std::uint64_t left = image["height"].get<std::uint64_t>() * image["width"].get<std::uint64_t>();
  const std::uint64_t most = left / 10;
  json counts = json::array();
  if (random.below(2) == 0) counts.push_back(0);
  while (left > 0) {
    const std::uint64_t run = std::min(left, 1 + random.below(most));
    counts.push_back(run);
    left -= run;
  }
  return {{"size", {image["height"], image["width"]}}, {"counts", counts}};
}

json toJson(const CocoBox& box) {
  return {box.x, box.y, box.width, box.height};
}

json drawAnnotation(Random& random, const json& image, const json& categories, std::size_t number) {
  constexpr std::array<double, 4> kBorders{1024, 9216, 1024.25, 9215.75};
  const json category = categories[random.below(categories.size())]["id"];
  const CocoBox box = drawBox(random, image);
  const std::uint64_t border = random.below(6);
  const double area = border < kBorders.size() ? kBorders[border] : box.width * box.height;
  const bool isCrowd = random.below(8) == 0;
  json shape = json::array();
  if (isCrowd) {
    shape = drawRuns(random, image);
  } else {
    for (int polygons = random.below(3) == 0 ? 2 : 1; polygons > 0; --polygons) {
      shape.push_back(drawOutlineIn(random, box));
    }
  }
  return {{"id", number}, {"image_id", image["id"]},    {"category_id", category}, {"bbox", toJson(box)},
          {"area", area}, {"iscrowd", isCrowd ? 1 : 0}, {"segmentation", shape}};
}

/// A detection near `source`.
Polygon drawNear(Random& random, const json& source, const json& categories, CocoBox& box, json& category) {
  constexpr std::array<std::uint64_t, 3> kSizes{0, 8, 40};
  const std::uint64_t size = kSizes[random.below(3)];
  std::array<double, 4> shift{};
  for (double& value : shift) {
    value = (static_cast<double>(random.below(2 * size + 1)) - static_cast<double>(size)) / 4;
  }
  const auto from = source["bbox"].get<std::vector<double>>();
  box = {from[0] + shift[0], from[1] + shift[1], std::max(1.0, from[2] + shift[2]), std::max(1.0, from[3] + shift[3])};
  const bool strays = random.below(8) == 0;
  category = strays ? categories[random.below(categories.size())]["id"] : source["category_id"];
  if (source["iscrowd"] == 1) return drawOutlineIn(random, box);
  auto polygon = source["segmentation"][0].get<Polygon>();
  for (std::size_t i = 0; i < polygon.size(); ++i) polygon[i] += shift[i % 2];
  return polygon;
}

json drawResult(Random& random, const json& image, const json& categories, const json& own) {
  const bool isNear = !own.empty() && random.below(4) > 0;
  const json* source = isNear ? &own[random.below(own.size())] : nullptr;
  CocoBox box;
  json category;
  Polygon polygon;
  if (source != nullptr) {
    polygon = drawNear(random, *source, categories, box, category);
  } else {
    box = drawBox(random, image);
    category = categories[random.below(categories.size())]["id"];
    polygon = drawOutlineIn(random, box);
  }
  const bool isCoarse = random.below(2) == 0;
  const double score =
      isCoarse ? static_cast<double>(random.below(20)) / 20 : static_cast<double>(random.below(1000)) / 1000;
  const RunLengths mask =
      drawPolygon(polygon, image["height"].get<std::uint32_t>(), image["width"].get<std::uint32_t>());
  return {{"image_id", image["id"]},
          {"category_id", category},
          {"bbox", toJson(box)},
          {"score", score},
          {"segmentation", {{"size", {mask.height, mask.width}}, {"counts", coco::toCompressed(mask)}}}};
}

/// In hundredths of a pixel, reaching a quarter of the image out of it.
Polygon drawOutline(Random& random, std::uint32_t height, std::uint32_t width) {
  Polygon polygon;
  for (std::uint64_t points = 3 + random.below(8); points > 0; --points) {
    polygon.push_back(static_cast<double>(random.below(150U * width)) / 100 - width / 4.0);
    polygon.push_back(static_cast<double>(random.below(150U * height)) / 100 - height / 4.0);
  }
  return polygon;
}

}  // namespace

SyntheticSet drawSet(std::uint64_t number) {
  Random random(hashKeys(11, number));
  json categories = json::array(), images = json::array(), annotations = json::array(), results = json::array();
  for (std::uint64_t c = 0, all = 1 + random.below(4); c < all; ++c) {
    categories.push_back({{"id", 3 * c + 2}, {"name", "kind " + std::to_string(c)}});
  }
  for (std::uint64_t j = 0, all = 2 + random.below(7); j < all; ++j) {
    json image{{"id", 37 * j % 101 + 1}, {"file_name", std::to_string(j) + ".png"}};
    image["width"] = 100 + random.below(200);
    image["height"] = 100 + random.below(200);
    json own = json::array();
    if (random.below(5) > 0) {
      for (std::uint64_t left = random.below(8); left > 0; --left) {
        own.push_back(drawAnnotation(random, image, categories, 1 + annotations.size() + own.size()));
      }
    }
    const bool isCrowded = number % 20 == 0 && j == 0;
    for (std::uint64_t i = 0, found = isCrowded ? 130 : random.below(12); i < found; ++i) {
      json result = drawResult(random, image, categories, own);
      if (isCrowded && i < 115) result["category_id"] = categories[0]["id"];
      results.push_back(std::move(result));
    }
    images.push_back(image);
    annotations.insert(annotations.end(), own.begin(), own.end());
  }
  return {{{"images", images}, {"annotations", annotations}, {"categories", categories}}, results};
}

json without(json results, const std::string& field) {
  for (json& result : results) result.erase(field);
  return results;
}

SyntheticMasks drawMasks(std::uint64_t number) {
  Random random(hashKeys(12, number));
  SyntheticMasks masks;
  masks.height = static_cast<std::uint32_t>(1 + random.below(60));
  masks.width = static_cast<std::uint32_t>(1 + random.below(60));
  masks.first = drawOutline(random, masks.height, masks.width);
  masks.second = drawOutline(random, masks.height, masks.width);
  return masks;
}

}  // namespace slab::test
