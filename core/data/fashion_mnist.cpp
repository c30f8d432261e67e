#include "core/data/fashion_mnist.h"

#include <cstring>
#include <filesystem>
#include <utility>

#include "core/base/error.h"
#include "core/data/tensor_dataset.h"
#include "core/formats/idx.h"

namespace slab::data {
namespace {

const std::vector<std::string> kClassNames{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                           "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

std::string find(const std::string& root, const std::string& name) {
  for (const char* ending : {".gz", ""}) {
    std::string path = root + "/" + name + ending;
    std::error_code error;
    if (std::filesystem::exists(path, error)) return path;
  }
  throw Error(ErrorKind::Data, root + "/" + name + ".gz is missing: install the Debian package dataset-fashion-mnist " +
                                   "(apt install dataset-fashion-mnist), or set data.root to a folder with MNIST's " +
                                   "four idx files");
}

at::Tensor toTensor(const IdxArray& array) {
  at::Tensor tensor = at::empty(array.shape, at::kByte);
  if (!array.values.empty()) std::memcpy(tensor.data_ptr(), array.values.data(), array.values.size());
  return tensor;
}

}  // namespace

std::unique_ptr<Dataset> openFashionMnist(const std::string& root, Split split) {
  const std::string folder = root.empty() ? kFashionMnistRoot : root;
  const std::string part = split == Split::Train ? "train" : "t10k";
  const std::string imagesPath = find(folder, part + "-images-idx3-ubyte");
  const std::string labelsPath = find(folder, part + "-labels-idx1-ubyte");
  const at::Tensor images = toTensor(readIdx(imagesPath));
  const at::Tensor labels = toTensor(readIdx(labelsPath));
  if (images.dim() != 3) throw Error(ErrorKind::Data, imagesPath + " does not hold images (n, height, width)");
  if (labels.dim() != 1) throw Error(ErrorKind::Data, labelsPath + " does not hold labels (n)");
  return makeTensorDataset({images.unsqueeze(1), labels.to(at::kLong), kClassNames, imagesPath, false, false});
}

}  // namespace slab::data
