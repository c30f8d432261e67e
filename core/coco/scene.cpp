#include "core/coco/scene.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/error.h"
#include "core/base/image_view.h"
#include "core/base/rng.h"
#include "core/coco/item_painter.h"
#include "core/coco/texture.h"

namespace slab::coco {
namespace {

constexpr int kTries = 6;                // to find a place for an object
constexpr std::int64_t kLeastSeen = 24;  // pixels

int between(Random& random, int low, int high) {
  return low + static_cast<int>(random.below(static_cast<std::uint64_t>(high - low + 1)));
}

/// Puts objects into a scene one over the other.
class Composer {
 public:
  Composer(const SceneItems& items, int size, Scene& scene, Random& random)
      : items_(items), size_(size), scene_(scene), random_(random) {}

  void addItem() {
    const std::size_t label = random_.below(fashionMnistClassNames().size());
    for (int tries = 0; tries < kTries; ++tries) {
      const int side = between(random_, std::max(14, size_ / 4), size_ / 2);
      const int margin = side / 4;  // what goes over the edge is less than half
      const ItemPose pose =
          drawPose(side, between(random_, margin, size_ - margin), between(random_, margin, size_ - margin));
      if (place({label, false}, paintItem(pictureOf(label), pose, size_))) return;
    }
  }

  void addCrowd() {
    const std::size_t label = random_.below(fashionMnistClassNames().size());
    for (int tries = 0; tries < kTries; ++tries) {
      const int side = std::max(10, size_ / 9);
      const int x = between(random_, side, size_ - side), y = between(random_, side, size_ - side);
      std::vector<PaintedPixel> pixels;
      for (int left = between(random_, 6, 12); left > 0; --left) {
        const ItemPose pose = drawPose(between(random_, side * 3 / 4, side * 5 / 4),
                                       x + between(random_, -2 * side, 2 * side), y + between(random_, -side, side));
        const auto item = paintItem(pictureOf(label), pose, size_);
        pixels.insert(pixels.end(), item.begin(), item.end());
      }
      if (place({label, true}, pixels)) return;
    }
  }

 private:
  ItemPicture pictureOf(std::size_t label) {
    return {items_.pixels(label, random_.below(items_.count(label))), items_.width(), items_.height()};
  }

  ItemPose drawPose(int side, int x, int y) {
    ItemPose pose{x, y, side, between(random_, -kMostTurn, kMostTurn), random_.below(2) == 0, {255, 255, 255}};
    if (random_.below(4) == 0) return pose;  // grey, as it is
    for (int& channel : pose.tint) channel = between(random_, 60, 255);
    return pose;
  }

  /// False where too little of the object or of one below it would be seen.
  bool place(SceneObject object, const std::vector<PaintedPixel>& pixels) {
    std::vector<std::int16_t> owners = scene_.owners;
    const auto number = static_cast<std::int16_t>(scene_.objects.size());
    for (const PaintedPixel& pixel : pixels) owners[pixel.place] = number;
    std::vector<std::int64_t> seen(scene_.objects.size() + 1);
    for (const std::int16_t owner : owners) {
      if (owner >= 0) ++seen[static_cast<std::size_t>(owner)];
    }
    if (seen.back() < kLeastSeen) return false;
    for (std::size_t i = 0; i < whole_.size(); ++i) {
      if (seen[i] < kLeastSeen || 5 * seen[i] < 3 * whole_[i]) return false;
    }
    whole_.push_back(seen.back());
    scene_.owners = std::move(owners);
    scene_.objects.push_back(object);
    for (const PaintedPixel& pixel : pixels) {
      std::copy(pixel.colour.begin(), pixel.colour.end(), scene_.picture.pixels.begin() + 3 * pixel.place);
    }
    return true;
  }

  const SceneItems& items_;
  int size_;
  Scene& scene_;
  Random& random_;
  std::vector<std::int64_t> whole_;  // by object: pixels in the picture before anything lay on it
};

}  // namespace

SceneItems::SceneItems(MnistFiles files) : files_(std::move(files)), byLabel_(fashionMnistClassNames().size()) {
  const auto& shape = files_.images.shape;
  const auto refuse = [&](const std::string& what) { throw Error(ErrorKind::Data, files_.imagesPath + " " + what); };
  if (shape.size() != 3 || shape[1] < 1 || shape[2] < 1 || shape[1] > 256 || shape[2] > 256) {
    refuse("holds no pictures of items");
  }
  if (files_.labels.values.size() != static_cast<std::size_t>(shape[0])) {
    refuse("has " + std::to_string(shape[0]) + " pictures and " + std::to_string(files_.labels.values.size()) +
           " labels");
  }
  height_ = static_cast<int>(shape[1]);
  width_ = static_cast<int>(shape[2]);
  for (std::size_t i = 0; i < files_.labels.values.size(); ++i) {
    const std::size_t label = files_.labels.values[i];
    if (label >= byLabel_.size()) refuse("has the label " + std::to_string(label) + ", and Fashion-MNIST's are 0 to 9");
    byLabel_[label].push_back(i);
  }
  for (std::size_t label = 0; label < byLabel_.size(); ++label) {
    if (byLabel_[label].empty()) refuse("has no picture of class " + std::to_string(label));
  }
}

Image Scene::maskOf(std::size_t object) const {
  Image mask = blankImage(picture.width, picture.height, 1);
  for (std::size_t i = 0; i < owners.size(); ++i)
    mask.pixels[i] = owners[i] == static_cast<std::int16_t>(object) ? 1 : 0;
  return mask;
}

Scene drawScene(const SceneItems& items, int size, std::uint64_t key) {
  if (size < kLeastSceneSize || size > kMostSceneSize) {
    throw Error(ErrorKind::Internal, "a scene of " + std::to_string(size) + " pixels");
  }
  Random random(key);
  Scene scene;
  scene.picture = drawTexture(size, random);
  scene.owners.assign(static_cast<std::size_t>(size) * static_cast<std::size_t>(size), -1);
  Composer composer(items, size, scene, random);
  const bool hasCrowd = random.below(6) == 0;
  const int objects = between(random, 2, 6);
  if (hasCrowd) composer.addCrowd();
  for (int i = 0; i < objects; ++i) composer.addItem();
  return scene;
}

}  // namespace slab::coco
