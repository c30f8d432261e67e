// Made-up scenes: what they hold, that masks are what is drawn, that a set is whole or not there.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "core/base/rng.h"
#include "core/coco/annotation_file.h"
#include "core/coco/contour.h"
#include "core/coco/item_painter.h"
#include "core/coco/scene.h"
#include "core/coco/scene_set.h"
#include "core/coco/set_scan.h"
#include "core/formats/image_codec.h"
#include "core/formats/support.h"

namespace slab::coco {
namespace {

namespace fs = std::filesystem;

void append32(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
}

/// Twenty pictures of 28 x 28, two a class: a frame with a bar across, of different greys.
void writeItems(const std::string& folder, const char* part) {
  constexpr int kPictures = 20, kSide = 28;
  std::string images("\0\0\x08\x03", 4), labels("\0\0\x08\x01", 4);
  for (const std::uint32_t value : {kPictures, kSide, kSide}) append32(images, value);
  append32(labels, kPictures);
  for (int i = 0; i < kPictures; ++i) {
    labels += static_cast<char>(i % 10);
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        const bool isIn = x >= 4 && x < 24 && y >= 2 && y < 26;
        const bool isHole = i % 2 == 0 && x >= 9 && x < 19 && y >= 10 && y < 18;
        images += static_cast<char>(isIn && !isHole ? 100 + 5 * (x + i) % 150 : 0);
      }
    }
  }
  test::writeFile(folder + "/" + part + "-images-idx3-ubyte", images);
  test::writeFile(folder + "/" + part + "-labels-idx1-ubyte", labels);
}

class Scenes : public ::testing::Test {
 protected:
  Scenes() {
    fs::create_directory(items());
    for (const char* part : {"train", "t10k"}) writeItems(items(), part);
  }
  [[nodiscard]] std::string items() const { return folder_.file("items"); }
  [[nodiscard]] SceneSetOptions options(const std::string& name) const {
    SceneSetOptions options;
    options.out = folder_.file(name);
    options.items = items();
    options.images = 12;
    options.size = 96;
    options.seed = 5;
    return options;
  }
  [[nodiscard]] std::map<std::string, std::string> filesOf(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.file(name))) {
      if (!entry.is_regular_file()) continue;
      files[fs::relative(entry.path(), folder_.file(name)).string()] = test::readFile(entry.path().string());
    }
    return files;
  }
  [[nodiscard]] std::vector<std::string> namesIn() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  test::TemporaryDirectory folder_;
};

// The mask is what is drawn: with an object's pixels put back, everything else of the picture is untouched by it.
TEST_F(Scenes, AnObjectIsSeenWhereItsMaskIsAndNowhereElse) {
  const std::uint8_t grey[] = {0, 200, 200, 0, 0, 200, 200, 0};
  const ItemPose pose{20, 20, 16, 10, true, {255, 128, 64}};
  const auto pixels = paintItem({grey, 4, 2}, pose, 48);
  ASSERT_GT(pixels.size(), 40U);
  for (const auto& pixel : pixels) {
    EXPECT_LT(pixel.place, 48U * 48U);
    EXPECT_GE(pixel.colour[0], pixel.colour[1]);
    EXPECT_GE(pixel.colour[1], pixel.colour[2]);
  }
  const SceneItems all(readMnist(items(), MnistPart::Train));
  int crowds = 0, objects = 0;
  for (std::uint64_t key = 0; key < 60; ++key) {
    const Scene scene = drawScene(all, 96, hashKeys(key));
    std::int64_t covered = 0;
    for (std::size_t i = 0; i < scene.objects.size(); ++i) {
      const Image mask = scene.maskOf(i);
      const auto seen = std::count(mask.pixels.begin(), mask.pixels.end(), std::uint8_t{1});
      EXPECT_GE(seen, 24);
      covered += seen;
      ++(scene.objects[i].isCrowd ? crowds : objects);
    }
    EXPECT_EQ(covered, std::count_if(scene.owners.begin(), scene.owners.end(), [](auto owner) { return owner >= 0; }));
  }
  EXPECT_GT(crowds, 2);
  EXPECT_GT(objects, 100);
}

TEST_F(Scenes, ASetIsCompleteAndSoundAndItsMasksAreThePixels) {
  SceneSetOptions wanted = options("set");
  const SceneSetReport report = makeSceneSet(wanted);
  EXPECT_TRUE(report.isComplete);
  EXPECT_EQ(report.train, 12);
  EXPECT_EQ(report.val, 2);
  EXPECT_EQ(filesOf("set").size(), 12U + 2U + 2U);
  std::int64_t polygons = 0, runs = 0, annotations = 0;
  for (const std::string part : {"train", "val"}) {
    const std::string file = wanted.out + "/annotations/instances_" + part + ".json";
    const SetScanReport scan = scanSet(file, wanted.out + "/" + part);
    EXPECT_EQ(scan.faults.count(), 0) << scan.faults.named().front().message;
    EXPECT_EQ(scan.classes.size(), 10U);
    EXPECT_EQ(scan.classes.front().name, "T-shirt/top");
    polygons += scan.withPolygons;
    runs += scan.withRunLengths;
    annotations += scan.annotations;
    const CocoSet set = loadAnnotations(file);
    const SceneItems all(readMnist(items(), part == "train" ? MnistPart::Train : MnistPart::Test));
    for (const CocoImage& image : set.images) {
      const Scene scene =
          drawScene(all, 96, hashKeys(5, part == "train" ? 0 : 1, static_cast<std::uint64_t>(image.id - 1), 1));
      if (isImageName(image.file)) {
        EXPECT_EQ(decodeImage(wanted.out + "/" + part + "/" + image.file).pixels, scene.picture.pixels) << image.file;
      }
      std::size_t object = 0;
      for (const CocoAnnotation& annotation : set.annotations) {
        if (annotation.image != image.id) continue;
        const RunLengths mask = maskOf(annotation, image);
        EXPECT_EQ(mask, encodeMask(scene.maskOf(object))) << "annotation " << annotation.id;
        EXPECT_EQ(annotation.area, static_cast<double>(areaOf(mask)));
        EXPECT_EQ(annotation.box, boxOf(mask));
        EXPECT_EQ(annotation.category, static_cast<std::int64_t>(scene.objects[object].label) + 1);
        ++object;
      }
      EXPECT_EQ(object, scene.objects.size());
    }
  }
  EXPECT_GT(polygons, 5);
  EXPECT_GT(runs, 5);
  EXPECT_EQ(annotations, report.objects + report.crowds);
}

TEST_F(Scenes, TheSameSeedMakesTheSameBytesWithAnyNumberOfThreads) {
  SceneSetOptions one = options("one"), many = options("many"), other = options("other");
  one.threads = 1;
  many.threads = 3;
  other.seed = 6;
  makeSceneSet(one);
  makeSceneSet(many);
  makeSceneSet(other);
  EXPECT_EQ(filesOf("one"), filesOf("many"));
  EXPECT_NE(filesOf("one").at("train/000001.png"), filesOf("other").at("train/000001.png"));
}

TEST_F(Scenes, AStopOrAFailureLeavesNothing) {
  std::stop_source stop;
  SceneSetOptions wanted = options("set");
  wanted.stop = stop.get_token();
  wanted.onProgress = [&](std::int64_t done, std::int64_t) {
    if (done >= 3) stop.request_stop();
  };
  EXPECT_FALSE(makeSceneSet(wanted).isComplete);
  EXPECT_EQ(namesIn(), (std::vector<std::string>{"items"}));
  SceneSetOptions without = options("set");
  without.items = folder_.file("nowhere");
  EXPECT_TRUE(test::contains(test::errorOf([&] { makeSceneSet(without); }), "dataset-fashion-mnist"));
  EXPECT_EQ(namesIn(), (std::vector<std::string>{"items"}));
  fs::create_directories(folder_.file("there") + "/inside");
  EXPECT_TRUE(test::contains(test::errorOf([&] { makeSceneSet(options("there")); }), "exists already"));
  SceneSetOptions none = options("set");
  none.images = 0;
  EXPECT_TRUE(test::contains(test::errorOf([&] { makeSceneSet(none); }), "name 1 to"));
}

TEST_F(Scenes, AnEmptyFolderIsTakenAndKeptAfterAStop) {
  fs::create_directory(folder_.file("empty"));
  std::stop_source stop;
  SceneSetOptions stopped = options("empty");
  stopped.stop = stop.get_token();
  stop.request_stop();
  EXPECT_FALSE(makeSceneSet(stopped).isComplete);
  EXPECT_TRUE(fs::is_empty(folder_.file("empty")));
  EXPECT_TRUE(makeSceneSet(options("empty")).isComplete);
  EXPECT_EQ(filesOf("empty").size(), 12U + 2U + 2U);
  EXPECT_EQ(namesIn(), (std::vector<std::string>{"empty", "items"}));
}

TEST(Contour, PolygonsGiveTheVeryPixelsOrThereIsAHole) {
  int drawn = 0, holes = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Random random(hashKeys(3, seed));
    Image mask = blankImage(1 + static_cast<int>(random.below(7)), 1 + static_cast<int>(random.below(7)), 1);
    for (auto& pixel : mask.pixels) pixel = random.below(5) < 3 ? 1 : 0;
    const auto outlines = outlinesOf(mask);
    if (!outlines) {
      ++holes;
      continue;
    }
    ++drawn;
    EXPECT_EQ(drawPolygons(*outlines, static_cast<std::uint32_t>(mask.height), static_cast<std::uint32_t>(mask.width)),
              encodeMask(mask))
        << seed;
  }
  EXPECT_GT(drawn, 500);
  EXPECT_GT(holes, 100);
}

TEST(Contour, AHoleOrNothingHasNoPolygons) {
  Image ring = blankImage(5, 5, 1);
  for (int y = 1; y < 4; ++y) {
    for (int x = 1; x < 4; ++x) ring.row(y)[x] = 1;
  }
  EXPECT_EQ(outlinesOf(ring)->size(), 1U);
  EXPECT_EQ(outlinesOf(ring)->front(), (Polygon{1, 1, 4, 1, 4, 4, 1, 4}));
  ring.row(2)[2] = 0;
  EXPECT_FALSE(outlinesOf(ring).has_value());
  EXPECT_FALSE(outlinesOf(blankImage(5, 5, 1)).has_value());
}

}  // namespace
}  // namespace slab::coco
