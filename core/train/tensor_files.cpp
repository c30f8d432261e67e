#include "core/train/tensor_files.h"

#include <torch/torch.h>

#include <array>
#include <cstring>
#include <utility>

#include "core/base/error.h"

namespace slab::train {
namespace {

constexpr std::array<std::pair<ElementType, at::ScalarType>, 9> kTypes{{{ElementType::F32, at::kFloat},
                                                                        {ElementType::F64, at::kDouble},
                                                                        {ElementType::F16, at::kHalf},
                                                                        {ElementType::BF16, at::kBFloat16},
                                                                        {ElementType::I64, at::kLong},
                                                                        {ElementType::I32, at::kInt},
                                                                        {ElementType::U8, at::kByte},
                                                                        {ElementType::I8, at::kChar},
                                                                        {ElementType::Bool, at::kBool}}};

at::ScalarType scalarType(const TensorView& view) {
  for (const auto& [element, scalar] : kTypes) {
    if (element == view.type) return scalar;
  }
  throw Error(ErrorKind::Checkpoint, "the tensor " + view.name + " has the type " + std::string(toString(view.type)) +
                                         ", which can't be computed with; save it as F32");
}

ElementType elementType(const std::string& name, at::ScalarType type) {
  for (const auto& [element, scalar] : kTypes) {
    if (scalar == type) return element;
  }
  throw Error(ErrorKind::Internal, "the tensor " + name + " has a type that can't be saved");
}

}  // namespace

at::Tensor toTensor(const TensorView& view) {
  at::Tensor tensor = at::empty(view.shape, at::TensorOptions().dtype(scalarType(view)));
  if (!view.bytes.empty()) std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

StateDict readTensors(const SafetensorsFile& file) {
  StateDict values;
  values.reserve(file.tensors().size());
  for (const auto& view : file.tensors()) values.insert(view.name, toTensor(view));
  return values;
}

StateDict readTensors(const std::string& path) {
  return readTensors(SafetensorsFile::open(path));
}

void addTensors(SafetensorsWriter& writer, const NamedTensors& tensors, NamedTensors& keep) {
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor plain = tensor.detach().cpu().contiguous();
    keep.emplace_back(name, plain);
    writer.add(name, elementType(name, plain.scalar_type()), plain.sizes().vec(),
               {static_cast<const std::byte*>(plain.data_ptr()), plain.nbytes()});
  }
}

}  // namespace slab::train
