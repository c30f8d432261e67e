#include "core/data/tiny_coco.h"

#include <cstdlib>
#include <fstream>

#include "core/base/image.h"
#include "core/base/image_view.h"
#include "core/base/rng.h"
#include "core/coco/run_lengths.h"
#include "core/formats/png_writer.h"

namespace slab::testing {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct Object {
  std::int64_t category = 2;
  int x = 0, y = 0, width = 0, height = 0;
};

bool covers(const Object& o, int x, int y) {
  if (x < o.x || y < o.y || x >= o.x + o.width || y >= o.y + o.height) return false;
  const int fromLeft = x - o.x, fromTop = y - o.y;
  if (o.category == 9) {
    const int edge = std::min(std::min(fromLeft, o.width - 1 - fromLeft), std::min(fromTop, o.height - 1 - fromTop));
    return edge < 3;
  }
  if (o.category == 2) return true;
  // Twice the distances from the middle, as shares of the sides.
  const double across = std::abs(2.0 * fromLeft + 1 - o.width) / o.width;
  return across + std::abs(2.0 * fromTop + 1 - o.height) / o.height <= 1.0;
}

coco::RunLengths maskOf(const Object& object, int width, int height) {
  Image mask = blankImage(width, height, 1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) mask.row(y)[x] = covers(object, x, y) ? 1 : 0;
  }
  return coco::encodeMask(mask);
}

Json shapeOf(const Object& o, int width, int height) {
  const int right = o.x + o.width, bottom = o.y + o.height;
  if (o.category == 2) return Json::array({{o.x, o.y, right, o.y, right, bottom, o.x, bottom}});
  if (o.category == 5) {
    const double middle = o.x + o.width / 2.0, centre = o.y + o.height / 2.0;
    return Json::array({{middle, o.y, right, centre, middle, bottom, o.x, centre}});
  }
  return {{"size", {height, width}}, {"counts", coco::toCompressed(maskOf(o, width, height))}};
}

void paint(Image& image, const Object& o) {
  const int channel = o.category == 5 ? 0 : o.category == 2 ? 1 : 2;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      if (covers(o, x, y)) image.row(y)[3 * x + channel] = 230;
    }
  }
}

void writePart(const fs::path& folder, const std::string& part, std::int64_t count, std::uint64_t seed) {
  fs::create_directories(folder / part);
  fs::create_directories(folder / "annotations");
  Json set{{"images", Json::array()}, {"annotations", Json::array()}, {"categories", Json::array()}};
  for (const auto id : kTinyCategories) {
    set["categories"].push_back({{"id", id}, {"name", "kind " + std::to_string(id)}});
  }
  for (std::int64_t i = 0; i < count; ++i) {
    Random random(hashKeys(seed, static_cast<std::uint64_t>(i)));
    const int width = i % 2 == 0 ? 64 : 48, height = i % 2 == 0 ? 48 : 64;
    const std::int64_t id = 100 + 3 * (count - i);  // falling, so that order by id is another than the file's
    const std::string file = std::to_string(i) + ".png";
    Image image = blankImage(width, height, 3);
    for (auto& value : image.pixels) value = static_cast<std::uint8_t>(20 + random.below(30));
    set["images"].push_back({{"id", id}, {"width", width}, {"height", height}, {"file_name", file}});
    const auto add = [&](const Object& o, const Json& shape, bool isCrowd) {
      set["annotations"].push_back({{"id", static_cast<std::int64_t>(set["annotations"].size()) + 1},
                                    {"image_id", id},
                                    {"category_id", o.category},
                                    {"bbox", {o.x, o.y, o.width, o.height}},
                                    {"area", coco::areaOf(maskOf(o, width, height))},
                                    {"iscrowd", isCrowd ? 1 : 0},
                                    {"segmentation", shape}});
    };
    const auto objects = 1 + random.below(3);
    for (std::uint64_t k = 0; k < objects; ++k) {
      Object o;
      o.category = kTinyCategories[static_cast<std::size_t>(random.below(3))];
      o.width = 12 + static_cast<int>(random.below(16));
      o.height = 12 + static_cast<int>(random.below(16));
      o.x = static_cast<int>(random.below(static_cast<std::uint64_t>(width - o.width + 1)));
      o.y = static_cast<int>(random.below(static_cast<std::uint64_t>(height - o.height + 1)));
      paint(image, o);
      add(o, shapeOf(o, width, height), false);
    }
    if (i % 5 == 0) {
      const Object crowd{2, 0, 0, 10, 10};
      add(crowd, {{"size", {height, width}}, {"counts", maskOf(crowd, width, height).counts}}, true);
    }
    writePng((folder / part / file).string(), image);
  }
  writeJson(folder / "annotations" / ("instances_" + part + ".json"), set);
}

}  // namespace

void writeTinyCoco(const fs::path& folder, std::int64_t train, std::int64_t val) {
  writePart(folder, "train", train, 1);
  if (val > 0) writePart(folder, "val", val, 2);
}

Json readJson(const fs::path& file) {
  std::ifstream stream(file);
  return Json::parse(stream);
}

void writeJson(const fs::path& file, const Json& json) {
  std::ofstream(file) << json.dump();
}

}  // namespace slab::testing
