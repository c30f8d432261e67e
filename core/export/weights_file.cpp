#include "core/export/weights_file.h"

#include "core/train/tensor_files.h"
#include "core/train/training_state.h"

namespace slab {

void saveWeights(const Backbone& model, bool folded, const std::string& path) {
  saveWeights(model, model.config().name, folded, path);
}

void saveWeights(const torch::nn::Module& model, const std::string& name, bool folded, const std::string& path) {
  SafetensorsWriter writer;
  train::NamedTensors keep;
  writer.setMetadata("format", "pt");
  writer.setMetadata("model", name);
  if (folded) writer.setMetadata("folded", "true");
  train::addTensors(writer, train::modelTensors(model), keep);
  writer.save(path);
}

}  // namespace slab
