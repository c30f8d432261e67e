#include "core/export/onnx_export.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/export/operations.h"
#include "core/export/recording.h"
#include "core/models/state_dict.h"

namespace slab::onnx {
namespace {

Recording recordAt(Backbone& model, std::int64_t batch) {
  const auto& config = model.config();
  const auto type = stateDict(model)["head.weight"].scalar_type();
  return recordForward(model, at::zeros({batch, config.inChannels, config.imageSize, config.imageSize}, type));
}

// Tensors that are neither weights nor computed must not be made for one batch either.
bool holdsTheSame(const Recording& first, const Recording& second) {
  if (first.steps.size() != second.steps.size() || first.values.size() != second.values.size()) return false;
  for (std::size_t i = 0; i < first.values.size(); ++i) {
    const auto &a = first.values[i].constant, &b = second.values[i].constant;
    if (a.defined() != b.defined()) return false;
    if (a.defined() && !a.is_same(b) && !(a.sizes() == b.sizes() && at::equal(a, b))) return false;
  }
  return true;
}

}  // namespace

ExportedModel toOnnx(Backbone& model, const ExportOptions& options) {
  if (model.is_training()) throw Error(ErrorKind::Internal, "A model is exported in evaluation mode.");
  const Recording first = recordAt(model, 2), second = recordAt(model, 3);
  if (!holdsTheSame(first, second)) {
    throw Error(ErrorKind::Internal, "ONNX: the forward of " + model.config().name +
                                         " takes another way at another batch; export safetensors instead.");
  }
  GraphBuilder graph(stateDict(model), options.batch);
  std::vector<std::string> names(first.values.size());
  const auto& config = model.config();
  names[first.images] = graph.input({{0, 1}, {config.inChannels, 0}, {config.imageSize, 0}, {config.imageSize, 0}},
                                    first.values[first.images].type);
  for (std::size_t i = 0; i < first.steps.size(); ++i) {
    graph.setPlace(first.steps[i].place);
    translate(Call(graph, first, second, i, names));
  }
  ExportedModel exported;
  exported.model.producer = "SLAB Workbench";
  exported.model.producerVersion = options.producerVersion;
  exported.model.metadata = options.metadata;
  exported.model.graph =
      graph.finish(config.name, names[first.logits], {{0, 1}, {config.classes, 0}}, first.values[first.logits].type);
  exported.tensors = graph.takeTensors();
  return exported;
}

}  // namespace slab::onnx
