#include "core/data/fashion_mnist.h"

#include <cstring>

#include "core/data/tensor_dataset.h"
#include "core/formats/mnist_files.h"

namespace slab::data {
namespace {

at::Tensor toTensor(const IdxArray& array) {
  at::Tensor tensor = at::empty(array.shape, at::kByte);
  if (!array.values.empty()) std::memcpy(tensor.data_ptr(), array.values.data(), array.values.size());
  return tensor;
}

}  // namespace

std::unique_ptr<Dataset> openFashionMnist(const std::string& root, Split split) {
  const MnistFiles files =
      readMnist(root.empty() ? kFashionMnistRoot : root, split == Split::Train ? MnistPart::Train : MnistPart::Test);
  return makeTensorDataset({toTensor(files.images).unsqueeze(1), toTensor(files.labels).to(at::kLong),
                            fashionMnistClassNames(), files.imagesPath, false, false});
}

}  // namespace slab::data
