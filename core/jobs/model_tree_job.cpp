#include <algorithm>

#include "core/config/load.h"
#include "core/inspect/fold.h"
#include "core/inspect/model_description.h"
#include "core/inspect/model_source.h"
#include "core/jobs/inspection.h"
#include "core/models/build_model.h"

namespace slab::jobs {
namespace {

const BenchLayer* timeOf(const ModelTreeRequest& request, const std::string& path) {
  const auto found = std::find_if(request.times.begin(), request.times.end(),
                                  [&](const BenchLayer& layer) { return layer.name == path; });
  return found == request.times.end() ? nullptr : &*found;
}

std::shared_ptr<Backbone> modelOf(const ModelTreeRequest& request) {
  if (request.config.empty()) return inspect::openModel(request.source).model;
  return buildModel(loadConfig({.preset = "", .text = request.config, .fileName = "", .overrides = {}}).config.model);
}

}  // namespace

ModelTree modelTree(const ModelTreeRequest& request) {
  const auto model = modelOf(request);
  if (request.source.folded) inspect::foldNorms(*model);
  const inspect::ModelDescription description = inspect::describeModel(*model);
  ModelTree tree;
  tree.model = model->config().name;
  tree.isFolded = request.source.folded;
  for (const auto& module : description.modules) {
    ModelNode node;
    node.name = module.path;
    node.kind = module.kind;
    node.depth = module.depth;
    node.inputShape = module.input;
    node.outputShape = module.output;
    node.parameters = module.parameters;
    node.macs = module.macs;
    node.normalised = module.normalised;
    if (const BenchLayer* layer = timeOf(request, module.path)) node.milliseconds = layer->milliseconds;
    tree.nodes.push_back(std::move(node));
  }
  tree.parameters = description.parameters;
  tree.trainable = description.trainable;
  tree.macs = description.macs;
  tree.normalised = description.normalised;
  return tree;
}

}  // namespace slab::jobs
