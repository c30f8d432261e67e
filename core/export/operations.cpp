#include "core/export/operations.h"

#include <algorithm>
#include <unordered_map>

namespace slab::onnx {
namespace {

const std::unordered_map<std::string_view, void (*)(const Call&)>& table() {
  static const auto kTable = [] {
    std::unordered_map<std::string_view, void (*)(const Call&)> all;
    for (const auto& part : {shapeOperations(), valueOperations(), layerOperations()}) {
      for (const auto& operation : part) all.emplace(operation.name, operation.translate);
    }
    return all;
  }();
  return kTable;
}

bool stands(std::span<const Operation> operations, std::string_view name) {
  return std::any_of(operations.begin(), operations.end(), [&](const Operation& one) { return one.name == name; });
}

// "aten::add" for "aten::add_": what an operation in place computes, where nothing else sees that its tensor
// changed. The tracer knows nothing of memory that two tensors share, so the tensor must be neither a view nor
// read elsewhere.
std::string_view outOfPlace(const Call& call) {
  std::string_view name = call.operation();
  if (!name.ends_with('_')) return name;
  const std::string maker = call.makerOf(0);
  if (maker.empty() || stands(shapeOperations(), maker) || !call.isOnlyReader(0)) {
    call.refuse("changes in place what something else may see");
  }
  name.remove_suffix(1);
  return name;
}

}  // namespace

void translate(const Call& call) {
  const auto found = table().find(outOfPlace(call));
  if (found == table().end()) call.refuse("has no entry in the table of ONNX operations");
  found->second(call);
}

}  // namespace slab::onnx
