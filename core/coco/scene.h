// Made-up scenes: Fashion-MNIST's items on a textured background, with the masks of what can be seen of them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/image.h"
#include "core/formats/mnist_files.h"

namespace slab::coco {

/// Fashion-MNIST's pictures by label.
class SceneItems {
 public:
  /// Throws Error(Data) where a class of the ten has no picture, a label is another, or pictures and labels differ in
  /// number.
  explicit SceneItems(MnistFiles files);

  [[nodiscard]] int width() const { return width_; }
  [[nodiscard]] int height() const { return height_; }
  /// Rows of grey pixels of the item-th picture of a class.
  [[nodiscard]] const std::uint8_t* pixels(std::size_t label, std::uint64_t item) const {
    return files_.images.values.data() + byLabel_[label][item] * static_cast<std::size_t>(width_ * height_);
  }
  [[nodiscard]] std::uint64_t count(std::size_t label) const { return byLabel_[label].size(); }

 private:
  MnistFiles files_;
  int width_ = 0, height_ = 0;
  std::vector<std::vector<std::size_t>> byLabel_;
};

struct SceneObject {
  std::size_t label = 0;
  /// Several items that lie together.
  bool isCrowd = false;
};

struct Scene {
  Image picture;  // RGB
  std::vector<SceneObject> objects;
  /// By pixel, row by row: the object that is seen there, -1 for the background.
  std::vector<std::int16_t> owners;

  /// One channel, 1 where the object is seen.
  [[nodiscard]] Image maskOf(std::size_t object) const;
};

/// A scene of size x size pixels, which depends on the items, the size and `key` alone, to the last bit. Up to seven
/// objects of different sizes, turned by up to 21 degrees, mirrored, coloured or grey, over each other and over the
/// edge; of each at least three fifths can be seen of what lies in the picture. One scene in six has a crowd. What finds
/// no place is left out.
Scene drawScene(const SceneItems& items, int size, std::uint64_t key);

/// What drawScene takes.
inline constexpr int kLeastSceneSize = 48, kMostSceneSize = 4096;

}  // namespace slab::coco
