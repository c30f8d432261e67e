// Keys `data.*`: which images, and what is done to them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace slab {

enum class DataType { FashionMnist, ImageFolder, Coco, Tensors };
enum class Augment { None, Flip, Light, Timm, MultiScale };

struct DataConfig {
  DataType type = DataType::FashionMnist;
  /// Folder; empty: the Debian package's folder for fashion_mnist. Of coco, where the paths below say nothing else:
  /// annotations/instances_train2017.json (or _train.json), train2017 (or train), and the same of val.
  std::string root;
  /// `.npy` files of type tensors; of coco the folders of images.
  std::string images, labels, valImages, valLabels;
  /// Annotation files of coco.
  std::string annotations, valAnnotations;
  Augment augment = Augment::None;
  /// Of coco, in pixels: the shorter side of a training image is one of `sides`, its longer one at most `longest`.
  std::vector<std::int64_t> sides{800};
  std::int64_t longest = 1333;
  /// Of augment multi_scale: half of the images are brought to one of these sides, and of them a part is cut whose
  /// sides lie between the two of `crop`.
  std::vector<std::int64_t> cropSides{400, 500, 600}, crop{384, 600};
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
