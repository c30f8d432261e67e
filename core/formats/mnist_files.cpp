#include "core/formats/mnist_files.h"

#include <filesystem>

#include "core/base/error.h"

namespace slab {
namespace {

std::string find(const std::string& folder, const std::string& name) {
  for (const char* ending : {".gz", ""}) {
    std::string path = folder + "/" + name + ending;
    std::error_code error;
    if (std::filesystem::exists(path, error)) return path;
  }
  throw Error(ErrorKind::Data, folder + "/" + name +
                                   ".gz is missing: install the Debian package dataset-fashion-mnist " +
                                   "(apt install dataset-fashion-mnist), or name a folder with MNIST's four idx files");
}

}  // namespace

const std::vector<std::string>& fashionMnistClassNames() {
  static const std::vector<std::string> kNames{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                               "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  return kNames;
}

MnistFiles readMnist(const std::string& folder, MnistPart part) {
  const std::string name = part == MnistPart::Train ? "train" : "t10k";
  MnistFiles files;
  files.imagesPath = find(folder, name + "-images-idx3-ubyte");
  const std::string labelsPath = find(folder, name + "-labels-idx1-ubyte");
  files.images = readIdx(files.imagesPath);
  files.labels = readIdx(labelsPath);
  if (files.images.shape.size() != 3) {
    throw Error(ErrorKind::Data, files.imagesPath + " does not hold images (n, height, width)");
  }
  if (files.labels.shape.size() != 1) throw Error(ErrorKind::Data, labelsPath + " does not hold labels (n)");
  return files;
}

}  // namespace slab
