#include "core/export/operations.h"

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

}  // namespace

void translate(const Call& call) {
  const auto found = table().find(call.operation());
  if (found == table().end()) call.refuse("has no entry in the table of ONNX operations");
  found->second(call);
}

}  // namespace slab::onnx
