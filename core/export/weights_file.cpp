#include "core/export/weights_file.h"

#include "core/train/tensor_files.h"
#include "core/train/training_state.h"

namespace slab {

void saveWeights(const Backbone& model, bool folded, const std::string& path) {
  SafetensorsWriter writer;
  train::NamedTensors keep;
  writer.setMetadata("format", "pt");
  writer.setMetadata("model", model.config().name);
  if (folded) writer.setMetadata("folded", "true");
  train::addTensors(writer, train::modelTensors(model), keep);
  writer.save(path);
}

}  // namespace slab
