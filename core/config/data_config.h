// Keys `data.*`: which images, and what is done to them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace slab {

enum class DataType { FashionMnist, ImageFolder, Coco, Tensors };
enum class Augment { None, Flip, Light, Timm };

struct DataConfig {
  DataType type = DataType::FashionMnist;
  /// Folder; empty: the Debian package's folder for fashion_mnist.
  std::string root;
  /// `.npy` files of type tensors.
  std::string images, labels, valImages, valLabels;
  Augment augment = Augment::None;
  /// Per channel, on values scaled to [0, 1]; one entry serves all channels.
  std::vector<double> mean{0.485, 0.456, 0.406};
  std::vector<double> std{0.229, 0.224, 0.225};
  std::int64_t workers = 2;
  /// First images of the training set; 0 = all.
  std::int64_t limit = 0;
  bool dropLast = true;
  std::string cache = "none";

  friend bool operator==(const DataConfig&, const DataConfig&) = default;
};

/// Where Debian's package dataset-fashion-mnist puts its four idx files.
inline constexpr const char* kFashionMnistRoot = "/usr/share/datasets/fashion-mnist";

}  // namespace slab
