#include "core/train/training_state.h"

#include <torch/torch.h>

#include "core/base/error.h"
#include "core/formats/safetensors.h"
#include "core/models/detection/mask_rcnn.h"
#include "core/models/norm_counters.h"
#include "core/train/tensor_files.h"

namespace slab::train {
namespace {

constexpr const char* kMetadataKey = "training";

void requireFinite(const NamedTensors& tensors, const char* what) {
  if (const auto name = firstNonFinite(tensors)) {
    throw Error(ErrorKind::Checkpoint, std::string("no checkpoint is written, because ") + what + " " + *name +
                                           " holds a value that is not finite; the last good one stays");
  }
}

NamedTensors stateTensors(const TrainingState& state) {
  NamedTensors tensors;
  for (const auto& [name, tensor] : state.optimizer.state()) tensors.emplace_back("optim/" + name, tensor);
  if (state.average != nullptr) {
    for (const auto& [name, tensor] : modelTensors(state.average->model())) {
      tensors.emplace_back(kAveragePrefix + name, tensor);
    }
  }
  if (state.scaler != nullptr) {
    tensors.emplace_back("scaler/scale", at::scalar_tensor(state.scaler->scale(), at::kDouble));
    tensors.emplace_back("scaler/good_steps", at::scalar_tensor(state.scaler->goodSteps(), at::kLong));
  }
  tensors.emplace_back("rng/cpu", at::detail::getDefaultCPUGenerator().get_state());
  tensors.emplace_back("loader/position", at::scalar_tensor(state.position, at::kLong));
  tensors.emplace_back("loader/micro_batch", at::scalar_tensor(state.microBatch, at::kLong));
  return tensors;
}

void writeTensors(CheckpointWriter& checkpoint, const char* name, const NamedTensors& tensors,
                  const Metadata* metadata) {
  SafetensorsWriter writer;
  NamedTensors keep;
  if (metadata != nullptr) writer.setMetadata(kMetadataKey, metadata->dump());
  addTensors(writer, tensors, keep);
  checkpoint.addFile(name, [&](ByteSink& sink) { writer.writeTo(sink); });
}

// As messages call it.
std::string modelName(const torch::nn::Module& model) {
  if (const auto* backbone = dynamic_cast<const Backbone*>(&model)) return backbone->config().name;
  if (const auto* detector = dynamic_cast<const MaskRcnn*>(&model)) return detector->config().name;
  return "the model";
}

void requireWhole(const std::string& directory) {
  const auto issues = verifyCheckpoint(directory);
  if (issues.empty()) return;
  std::string text;
  for (const auto& issue : issues) text += (text.empty() ? "" : "; ") + issue.file + ": " + issue.message;
  throw Error(ErrorKind::Checkpoint, "the checkpoint " + directory + " is damaged (" + text + ")");
}

Metadata metadataOf(const SafetensorsFile& file) {
  const std::string text = file.metadataValue(kMetadataKey);
  Metadata metadata = Metadata::parse(text, nullptr, false);
  if (!metadata.is_object()) {
    throw Error(ErrorKind::Checkpoint, file.path() + " lacks the description of the training it belongs to");
  }
  return metadata;
}

void readAverage(const SafetensorsFile& file, TrainingState& state) {
  if (state.average == nullptr) return;
  const StateDict saved = averagedTensors(file);
  if (saved.is_empty()) {
    state.average->restart();
    return;
  }
  requireMatch(loadStateDict(state.average->model(), saved), file.path(), modelName(state.model));
}

void readScaler(const at::Tensor& scale, const at::Tensor& goodSteps, TrainingState& state) {
  if (state.scaler == nullptr || !scale.defined() || !goodSteps.defined()) return;
  state.scaler->restore(scale.item<double>(), goodSteps.item<std::int64_t>());
}

}  // namespace

StateDict averagedTensors(const SafetensorsFile& file) {
  const std::string_view prefix = kAveragePrefix;
  StateDict values;
  for (const auto& view : file.tensors()) {
    if (view.name.starts_with(prefix)) values.insert(view.name.substr(prefix.size()), toTensor(view));
  }
  return values;
}

NamedTensors modelTensors(const torch::nn::Module& model) {
  NamedTensors tensors;
  for (const auto& item : stateDict(model)) tensors.emplace_back(item.key(), item.value());
  return tensors;
}

SavedCheckpoint writeCheckpoint(const std::string& checkpointsDir, const std::string& configHash,
                                const TrainingState& state, const LambdaSchedule& lambda, const Metadata& metadata) {
  const at::NoGradGuard noGrad;
  const NormCounters counters{lambda.warmBuffer(state.step), lambda.iterBuffer(state.step), lambda.totalStepBuffer()};
  writeCounters(state.model, counters);
  if (state.average != nullptr) {
    state.average->model().setCounters(counters);
    requireFinite(modelTensors(state.average->model()), "the average's");
  }
  const NamedTensors model = modelTensors(state.model);
  requireFinite(model, "the model's");
  requireFinite(state.optimizer.state(), "the optimizer's");

  Metadata described = metadata;
  described["step"] = state.step;
  CheckpointWriter writer(checkpointsDir, state.step, configHash);
  writeTensors(writer, kModelFile, model, nullptr);
  writeTensors(writer, kStateFile, stateTensors(state), &described);
  return writer.commit();
}

Metadata readCheckpoint(const std::string& directory, TrainingState& state) {
  const at::NoGradGuard noGrad;
  requireWhole(directory);
  const std::string modelPath = directory + "/" + kModelFile;
  requireMatch(loadStateDict(state.model, readTensors(modelPath)), modelPath, modelName(state.model));

  const SafetensorsFile file = SafetensorsFile::open(directory + "/" + kStateFile);
  const auto find = [&](const std::string& name) {
    const TensorView* view = file.find(name);
    return view == nullptr ? at::Tensor() : toTensor(*view);
  };
  state.optimizer.loadState([&](const std::string& name) { return find("optim/" + name); });
  readAverage(file, state);
  readScaler(find("scaler/scale"), find("scaler/good_steps"), state);
  const at::Tensor generator = find("rng/cpu"), position = find("loader/position");
  if (!generator.defined() || !position.defined()) {
    throw Error(ErrorKind::Checkpoint, file.path() + " lacks rng/cpu or loader/position; resume from another one");
  }
  at::Generator cpu = at::detail::getDefaultCPUGenerator();
  cpu.set_state(generator);
  Metadata metadata = metadataOf(file);
  state.step = metadata.value("step", std::int64_t{-1});
  state.position = position.item<std::int64_t>();
  if (const at::Tensor microBatch = find("loader/micro_batch"); microBatch.defined()) {
    state.microBatch = microBatch.item<std::int64_t>();
  }
  if (state.step < 0 || state.position < 0) {
    throw Error(ErrorKind::Checkpoint, file.path() + " names no valid step; resume from another checkpoint");
  }
  return metadata;
}

Metadata readCheckpointMetadata(const std::string& directory) {
  return metadataOf(SafetensorsFile::open(directory + "/" + kStateFile));
}

}  // namespace slab::train
